import type { ToolAnswer } from "../../../core/ports/work-driver.ts";
import { isObject, toMcpBlock } from "./worker/work-blocks.ts";

/** The name of the server whose tools the client runs. */
export const clientServer = "client";

/** A message of the Model Context Protocol, as the CLI sends it to a server within its driver. */
export type McpMessage = { readonly method?: unknown; readonly id?: unknown; readonly params?: unknown };

export interface ClientToolsServer {
  /** The answer to a message; an empty one to those that want none. Never rejects. */
  answer(message: McpMessage): Promise<object>;
  /** The turn is over: what is still open of it holds up nothing later. */
  reset(): void;
}

/** Runs one call. `id` is the model's id of it, as far as the CLI tells it. */
export type RunClientTool = (call: {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}) => Promise<ToolAnswer>;

export interface ClientTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of type object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

interface ServerParts {
  /** What is listed when the CLI asks. */
  readonly tools: () => readonly ClientTool[];
  readonly run: RunClientTool;
  /** `run` gives its answers in the order in which they are to be passed on; otherwise they are, in the order in which the CLI asks. */
  readonly isOrdered?: boolean;
  /** From so many characters on the CLI may put a result into a file and tell the model of it; its own bound where nothing is said. */
  readonly mostResultCharacters?: number;
}

/**
 * A server of the Model Context Protocol that has the client's tools. They are called read-only, whatever they do: only
 * those does the CLI call side by side. It passes results on in the order in which they are answered, so they are answered in the order of the calls.
 */
export function createClientToolsServer({
  tools,
  run,
  isOrdered,
  mostResultCharacters,
}: ServerParts): ClientToolsServer {
  let before: Promise<unknown> = Promise.resolve();

  async function call(params: unknown): Promise<object> {
    const { name, arguments: input, _meta: meta } = isObject(params) ? params : {};
    const id = isObject(meta) ? meta["claudecode/toolUseId"] : undefined;
    const known = tools().find((tool) => tool.name === name);
    if (known === undefined) return { content: [{ type: "text", text: "There is no such tool." }], isError: true };
    const running = run({
      id: typeof id === "string" ? id : "",
      name: known.name,
      input: isObject(input) ? input : {},
    }).catch((): ToolAnswer => ({ content: [{ type: "text", text: "The tool could not be run." }], isError: true }));
    const inOrder = Promise.all([running, before]).then(([answer]) => answer);
    if (isOrdered !== true) before = inOrder;
    const { content, isError } = await inOrder;
    return { content: content.map(toMcpBlock), isError };
  }

  return {
    reset() {
      before = Promise.resolve();
    },
    async answer({ method, id, params }) {
      const reply = (result: object) => ({ jsonrpc: "2.0", id: id ?? 0, result });
      switch (method) {
        case "initialize":
          return reply({
            protocolVersion: isObject(params) ? params["protocolVersion"] : undefined,
            capabilities: { tools: {} },
            serverInfo: { name: clientServer, version: "1" },
          });
        case "tools/list":
          return reply({ tools: tools().map((tool) => toListedTool(tool, mostResultCharacters)) });
        case "tools/call":
          return reply(await call(params));
        case "ping":
          return reply({});
        default:
          if (typeof method === "string" && method.startsWith("notifications/")) return reply({});
          return { jsonrpc: "2.0", id: id ?? 0, error: { code: -32_601, message: "Method not found" } };
      }
    },
  };
}

function toListedTool(
  { name, description, inputSchema }: ClientTool,
  mostResultCharacters: number | undefined,
): object {
  const bound =
    mostResultCharacters === undefined ? {} : { _meta: { "anthropic/maxResultSizeChars": mostResultCharacters } };
  return { name, description, inputSchema, annotations: { readOnlyHint: true }, ...bound };
}
