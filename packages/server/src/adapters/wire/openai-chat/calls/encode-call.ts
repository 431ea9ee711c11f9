import { createHash } from "node:crypto";
import type { Failure } from "@gantry/contracts/errors";
import type { OutputFormat, ToolChoice, ToolDefinition } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import { reject } from "../../check-shape.ts";
import { createIgnoredFields, type IgnoredFields } from "../../ignored-fields.ts";
import { encodeCallMessages } from "./encode-call-messages.ts";
import { encodeEffort } from "./encode-effort.ts";
import type { ChatRequest, ResponseFormatBody, ToolBody } from "./request-body.ts";
import type { ServerManner } from "./server-manner.ts";

type EncodedCall =
  | { readonly ok: true; readonly body: ChatRequest; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Writes a call as the body of `POST /chat/completions` for a server of this manner. Named as ignored: `thinking` (what the
 * model thought earlier: another vendor's seal means nothing here), `thinking.…` and `effort` where the server is not told,
 * and `top_k`. More stop sequences than the server takes are a failure: with one left out the answer would run on past the
 * place where the client asked it to end.
 */
export function encodeCall(call: ModelCall, model: string, manner: ServerManner): EncodedCall {
  const ignored = createIgnoredFields();
  const { stopSequences = [], maxOutputTokens, temperature, topP, topK } = call.sampling;
  if (stopSequences.length > manner.maximumStopSequences) {
    const sentence = `the model's provider takes at most ${manner.maximumStopSequences}, got ${stopSequences.length}`;
    return reject("unsupported_feature", "stop_sequences", sentence);
  }
  const messages = encodeCallMessages(call, manner, ignored);
  if (!messages.ok) return messages;
  if (topK !== undefined) ignored.add("top_k");
  const effort = encodeEffort(call, model, manner, ignored);
  const body: ChatRequest = {
    model,
    messages: messages.value,
    ...encodeTools(call, ignored),
    ...(maxOutputTokens !== undefined && { [manner.outputBound]: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stopSequences.length > 0 && { stop: stopSequences }),
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(call.outputFormat !== undefined && { response_format: encodeOutputFormat(call.outputFormat) }),
    ...(call.endUser !== undefined && { user: toUser(call.endUser) }),
    stream: call.stream,
    ...(call.stream && { stream_options: { include_usage: true } }),
  };
  return { ok: true, body, ignored: ignored.list() };
}

/** Without tools the API refuses every word about them. */
function encodeTools(
  { tools, toolChoice, parallelToolCalls }: ModelCall,
  ignored: IgnoredFields,
): Partial<ChatRequest> {
  if (tools.length === 0) {
    if (toolChoice?.type === "any" || toolChoice?.type === "tool") ignored.add("tool_choice");
    return {};
  }
  return {
    tools: tools.map(encodeTool),
    ...(toolChoice !== undefined && { tool_choice: encodeToolChoice(toolChoice) }),
    // To call several is every server's default, and not all of them know the field.
    ...(parallelToolCalls === false && { parallel_tool_calls: false }),
  };
}

function encodeTool({ name, description, inputSchema, strict }: ToolDefinition): ToolBody {
  // OpenAI takes no object schema that does not list its properties, were there none.
  const lacking = inputSchema["type"] === "object" && inputSchema["properties"] === undefined;
  return {
    type: "function",
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: lacking ? { ...inputSchema, properties: {} } : inputSchema,
      ...(strict !== undefined && { strict }),
    },
  };
}

function encodeToolChoice(choice: ToolChoice): NonNullable<ChatRequest["tool_choice"]> {
  switch (choice.type) {
    case "auto":
    case "none":
      return choice.type;
    case "any":
      return "required";
    case "tool":
      return { type: "function", function: { name: choice.name } };
  }
}

function encodeOutputFormat(format: OutputFormat): ResponseFormatBody {
  if (format.type === "json_object") return { type: "json_object" };
  const { name = "answer", schema, strict } = format;
  return { type: "json_schema", json_schema: { name, schema, ...(strict !== undefined && { strict }) } };
}

const longestUser = 64;

/** A name that is too long is sent as its digest, which stays the same and still tells users apart. */
function toUser(endUser: string): string {
  return endUser.length <= longestUser ? endUser : createHash("sha256").update(endUser).digest("hex");
}
