import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelPlane, PlaneCall } from "../../../core/model-plane/model-plane.ts";
import type { CallerFormat } from "../../../core/ports/call-format.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { DoorCaller, ModelDoor, ModelDoors } from "../../../core/ports/model-door.ts";
import { isUpstreamLimit } from "../../../core/upstreams/is-upstream-limit.ts";
import { readRetryAfter } from "../../../core/upstreams/read-retry-after.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { createRequestId } from "../create-request-id.ts";
import { toPlainHeaders } from "../to-plain-headers.ts";
import { readBody } from "./read-body.ts";
import { sendPlaneAnswer } from "./send-plane-answer.ts";

export interface ModelDoorsParts {
  readonly plane: ModelPlane;
  /** Where the sockets' folders are made, and how their names begin, so that a later start knows whose they were. */
  readonly baseDirectory: string;
  readonly namePrefix: string;
  readonly encodeError: CallerFormat["encodeError"];
  readonly stallMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly createId: () => string;
  /** So many bytes nobody can guess, as text. */
  readonly createToken: () => string;
}

const socketName = "s";
/** The system cuts off longer ones, or refuses them. */
const longestSocketPath = 100;

/** Opens ways to the model plane for agent processes: a Unix socket each, so that they need no network. */
export function createModelDoors(parts: ModelDoorsParts): ModelDoors {
  const doors = new Set<ModelDoor>();
  return {
    async open() {
      try {
        const door = await openDoor(parts, () => doors.delete(door));
        doors.add(door);
        return door;
      } catch (cause) {
        throw new FailureError(toFailure("agent_unavailable"), { cause });
      }
    },
    async stop() {
      await Promise.all([...doors].map((door) => door.close()));
    },
  };
}

async function openDoor(parts: ModelDoorsParts, onClosed: () => void): Promise<ModelDoor> {
  const directory = await makeDirectory(parts);
  const token = parts.createToken();
  let attached: Attached | undefined;
  const server = createServer({ requestTimeout: 60_000, keepAliveTimeout: 600_000 }, (request, response) => {
    serve(parts, request, response, { token, attached }).catch((error: unknown) => {
      parts.log.error({ err: error }, "a call of an agent failed inside");
      response.destroy();
    });
  });
  server.listen(join(directory, socketName));
  await once(server, "listening");
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await rm(directory, { recursive: true, force: true });
    onClosed();
  }

  return {
    directory,
    socket: socketName,
    token,
    attach(caller, told) {
      const mine: Attached = { caller, ended: new AbortController(), told };
      attached = mine;
      return () => {
        if (attached === mine) attached = undefined;
        mine.ended.abort(new Error("the turn is over"));
      };
    },
    close: () => (closing ??= close()),
  };
}

interface Attached {
  readonly caller: DoorCaller;
  readonly ended: AbortController;
  /** The answer to the first call that wants one; gone when it was given. */
  told: string | undefined;
}

async function makeDirectory({ baseDirectory, namePrefix }: ModelDoorsParts): Promise<string> {
  const isLong = join(baseDirectory, `${namePrefix}XXXXXX`, socketName).length > longestSocketPath;
  const base = isLong ? tmpdir() : baseDirectory;
  await mkdir(base, { recursive: true, mode: 0o700 });
  return await mkdtemp(join(base, isLong ? "gantry-" : namePrefix));
}

async function serve(
  parts: ModelDoorsParts,
  request: IncomingMessage,
  response: ServerResponse,
  { token, attached }: { readonly token: string; readonly attached: Attached | undefined },
): Promise<void> {
  try {
    if (!isSame(readToken(request), token)) throw refusal("unauthorized", "The token is not good here.");
    const [path, query] = splitUrl(request.url ?? "");
    const what = request.method === "POST" ? calls[path] : undefined;
    if (what === undefined) throw refusal("not_found", "There is nothing at this address.");
    // What an agent asks outside of a turn, nobody would pay for.
    if (attached === undefined) throw refusal("unauthorized", "No turn is running.");
    const body = await readBody(request);
    if (attached.told !== undefined && what === "call" && wantsTold(body)) return tell(attached, response);
    const signal = AbortSignal.any([abortWhenClientLeaves(response), attached.ended.signal]);
    const call: PlaneCall = {
      callId: createRequestId(parts),
      ...attached.caller,
      dialect: "anthropic-messages",
      fromOwnAgent: true,
      query,
      headers: toPlainHeaders(request.headers),
      body,
      signal,
    };
    const answer = await parts.plane[what](call);
    if (answer.status === 429) attached.caller.noteLimit?.(readRetryAfter(answer.headers));
    await sendPlaneAnswer(answer, response, {}, parts);
  } catch (error) {
    // Whoever asked is gone, or its turn is over.
    if (response.headersSent || response.destroyed || attached?.ended.signal.aborted === true) response.destroy();
    else if (error instanceof FailureError) {
      if (isUpstreamLimit(error.failure.code)) attached?.caller.noteLimit?.(error.failure.retryAfterMs);
      refuse(parts, error.failure, response);
    } else throw error;
  }
}

/** Side calls of the agent, such as for a title, have no tools. */
function wantsTold(body: Uint8Array): boolean {
  try {
    const call: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    if (typeof call !== "object" || call === null) return false;
    return (
      "stream" in call && call.stream === true && "tools" in call && Array.isArray(call.tools) && call.tools.length > 0
    );
  } catch {
    return false;
  }
}

function tell(attached: Attached, response: ServerResponse): void {
  const { told } = attached;
  attached.told = undefined;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(told);
}

const calls: Readonly<Record<string, keyof ModelPlane>> = {
  "/v1/messages": "call",
  "/v1/messages/count_tokens": "countTokens",
};

/**
 * What the agent is to take for its vendor's word: at a 402 it ends its turn at once, where it might wait at a 429; at a 401 its driver
 * knows that the server's own credential was refused.
 */
const statusesForAgents: Partial<Record<Failure["code"], number>> = {
  budget_exceeded: 402,
  upstream_unauthorized: 401,
};

function refuse({ encodeError }: ModelDoorsParts, failure: Failure, response: ServerResponse): void {
  const { status, headers, body } = encodeError(failure);
  response.writeHead(statusesForAgents[failure.code] ?? status, { ...headers, "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function refusal(code: Failure["code"], message: string): FailureError {
  return new FailureError({ ...toFailure(code, message) });
}

function readToken({ headers }: IncomingMessage): string {
  const key = headers["x-api-key"];
  return typeof key === "string" ? key : (headers.authorization?.replace(/^Bearer /i, "") ?? "");
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A program that has a proxy besides writes the whole address, as every server has to take it (RFC 9112, 3.2.2). */
function splitUrl(url: string): [path: string, query: string] {
  const local = url.replace(/^https?:\/\/[^/?]*/i, "");
  const at = local.indexOf("?");
  return at === -1 ? [local, ""] : [local.slice(0, at), local.slice(at)];
}
