import { EventSourceParserStream } from "eventsource-parser/stream";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ClientConfig } from "../client-config.ts";

type Id = string | number | null;

/** JSON-RPC's own code for what failed inside. */
const internalError = -32603;
const parseError = -32700;

/**
 * Passes the messages of a program that speaks MCP over standard input and output on to `/mcp` of a server, and the answers back, a JSON
 * text a line. Ends with the input, once all that was asked is answered. Gives the exit code.
 */
export async function runMcpBridge(
  { url, key }: ClientConfig,
  input: Readable,
  output: Pick<Writable, "write">,
): Promise<number> {
  const running = new Map<Id, AbortController>();
  const pending = new Set<Promise<void>>();
  let protocol: string | undefined;

  const tell = (message: unknown): void => {
    output.write(`${JSON.stringify(message)}\n`);
  };

  async function pass(message: unknown, line: string): Promise<void> {
    const id = idOf(message);
    const leaving = new AbortController();
    if (id !== undefined) running.set(id, leaving);
    try {
      const response = await fetch(`${url}/mcp`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key.reveal()}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...(protocol !== undefined && { "mcp-protocol-version": protocol }),
        },
        body: line,
        // A redirect would carry the key to an address that nobody named.
        redirect: "manual",
        signal: leaving.signal,
      });
      await readAnswer(response, (answer) => {
        protocol = protocolOf(answer) ?? protocol;
        if (id !== undefined) tell(answer);
      });
    } catch (error) {
      if (id !== undefined && !leaving.signal.aborted) tell(toRpcError(id, internalError, toSentence(error, url)));
    } finally {
      if (id !== undefined) running.delete(id);
    }
  }

  for await (const line of createInterface({ input })) {
    if (line.trim() === "") continue;
    const message = parse(line);
    if (message === undefined) {
      tell(toRpcError(null, parseError, "The line is not valid JSON."));
      continue;
    }
    // Each request is one of the server's own, which ends with its connection.
    running.get(cancelledBy(message) ?? Number.NaN)?.abort();
    const passing = pass(message, line).finally(() => pending.delete(passing));
    pending.add(passing);
  }
  await Promise.all(pending);
  return 0;
}

async function readAnswer(response: Response, take: (answer: unknown) => void): Promise<void> {
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && type.startsWith("text/event-stream") && response.body !== null) {
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) take(JSON.parse(data));
    return;
  }
  const text = await response.text();
  const answer = text === "" ? undefined : parse(text);
  if (isRecord(answer) && "jsonrpc" in answer) return take(answer);
  if (response.ok) return;
  const told = isRecord(answer) && isRecord(answer["error"]) ? answer["error"]["message"] : undefined;
  throw new Error(typeof told === "string" ? told : `The server answered ${response.status}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Undefined for what wants no answer. */
function idOf(message: unknown): Id | undefined {
  const id = isRecord(message) && "method" in message ? message["id"] : undefined;
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

function cancelledBy(message: unknown): Id | undefined {
  if (!isRecord(message) || message["method"] !== "notifications/cancelled" || !isRecord(message["params"])) return;
  const id = message["params"]["requestId"];
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

/** What both sides agreed on: later requests name it. */
function protocolOf(answer: unknown): string | undefined {
  const result = isRecord(answer) ? answer["result"] : undefined;
  const version = isRecord(result) ? result["protocolVersion"] : undefined;
  return typeof version === "string" ? version : undefined;
}

const toRpcError = (id: Id, code: number, message: string) => ({ jsonrpc: "2.0", id, error: { code, message } });

function toSentence(error: unknown, url: string): string {
  if (error instanceof TypeError)
    return `The server at ${url} cannot be reached: start it, or name it with GANTRY_URL.`;
  return error instanceof Error ? error.message : String(error);
}
