import type { CustomToolDefinition } from "@gantry/contracts/agent-tools";
import type { SentToolCall } from "./chat-messages.ts";
import { GantryError } from "./gantry-error.ts";
import { readObject, toJsonSchema, type ObjectSchema } from "./schema.ts";

export interface ToolContext {
  readonly callId: string;
  /** Fires where the chat, or the stream of the session's events, is left. */
  readonly signal: AbortSignal;
}

/** A tool of the client's own. What it is called with is checked by its schema first. */
export interface ChatTool<Name extends string = string, Input = unknown> {
  readonly name: Name;
  readonly description?: string;
  readonly parameters: ObjectSchema<Input>;
  /** Runs a call; what it gives is sent to the model, as JSON where it is no text. Without it calls come back in the answer. */
  execute?(input: Input, context: ToolContext): unknown;
}

type CallOf<Tool> =
  Tool extends ChatTool<infer Name, infer Input>
    ? SentToolCall & { readonly name: Name; readonly input: Input; readonly error?: undefined }
    : never;

/** A call that waits for its result: of one of the tools, or one that cannot be run as `error` says. */
export type ChatToolCall<Tools extends readonly ChatTool[] = readonly ChatTool[]> =
  | CallOf<Tools[number]>
  | (SentToolCall & { readonly input?: undefined; readonly error: string });

/** What the model is told of a call. */
export interface ToolOutcome {
  readonly callId: string;
  readonly name: string;
  readonly content: string;
  /** It could not be run as it was written, or failed. */
  readonly isError: boolean;
}

/** Gives a tool back as it is: for its `execute` to be typed by its schema. */
export function defineTool<const Name extends string, Input>(tool: ChatTool<Name, Input>): ChatTool<Name, Input> {
  return tool;
}

export function toWireTools(tools: readonly ChatTool[]): object[] {
  return tools.map(({ name, description, parameters }) => ({
    type: "function",
    function: { name, ...(description !== undefined && { description }), parameters: toJsonSchema(parameters) },
  }));
}

/** A call with what its schema makes of its arguments. */
export async function readCall(tools: readonly ChatTool[], call: SentToolCall): Promise<ChatToolCall> {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return { ...call, error: `There is no tool ${JSON.stringify(call.name)}.` };
  let value: unknown;
  try {
    value = JSON.parse(call.arguments);
  } catch {
    return { ...call, error: "The arguments are no JSON." };
  }
  try {
    return { ...call, input: await readObject(tool.parameters, value) };
  } catch (error) {
    if (error instanceof GantryError && error.code === "output_mismatch") return { ...call, error: error.message };
    throw error;
  }
}

/** Whether the call waits for the caller; what no tool can be found for is answered here. */
export function isOpen(tools: readonly ChatTool[], call: ChatToolCall): boolean {
  const tool = tools.find(({ name }) => name === call.name);
  return tool !== undefined && tool.execute === undefined;
}

/** Custom tools for an agent, whose calls its sessions hand to the client. */
export function toCustomTools(tools: readonly ChatTool[]): CustomToolDefinition[] {
  return tools.map(({ name, description = "", parameters }) => {
    const schema = toJsonSchema(parameters);
    if (schema["type"] === "object")
      return { type: "custom", name, description, input_schema: { ...schema, type: "object" } };
    throw new GantryError("invalid_argument", `The parameters of the tool ${name} are no object.`, { param: "tools" });
  });
}

/** Runs a call. What goes wrong is for the model to read; only a chat that is left fails. */
export async function runCall(
  tools: readonly ChatTool[],
  call: ChatToolCall,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const about = { callId: call.id, name: call.name };
  if (call.error !== undefined) return { ...about, content: call.error, isError: true };
  const tool = tools.find(({ name }) => name === call.name);
  return await tellResult(about, () => tool?.execute?.(call.input, { callId: call.id, signal }));
}

/** What the model is told of what `run` gives, or throws. */
export async function tellResult(
  about: Pick<ToolOutcome, "callId" | "name">,
  run: () => unknown,
): Promise<ToolOutcome> {
  try {
    const result = await run();
    return {
      ...about,
      content: typeof result === "string" ? result : (JSON.stringify(result) ?? "null"),
      isError: false,
    };
  } catch (error) {
    return {
      ...about,
      content: `The tool failed: ${error instanceof Error ? error.message : String(error)}`,
      isError: true,
    };
  }
}
