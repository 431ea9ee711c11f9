import { toActor } from "../../../core/control/actor.ts";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import { hash } from "node:crypto";
import { type Principal } from "../../../core/access/principal.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ChatParts } from "../chat/start-chat.ts";
import { createRequestId } from "../create-request-id.ts";
import type { HttpParts } from "../http-parts.ts";
import { streamChat, type WriteFrame } from "./stream-chat.ts";
import { type ClientFrame, toErrorFrame } from "./stream-frames.ts";
import { joinTask, type TaskStreamParts } from "./join-task.ts";

export interface RunStreamParts extends ChatParts, TaskStreamParts, Pick<HttpParts, "noteRefusal" | "createId"> {
  readonly log: Log;
  /** Counts a chat as work under way; the returned function ends it. */
  begin(): () => void;
}

/** One stream of a connection. */
export interface StreamWork {
  readonly frame: ClientFrame;
  readonly data: Buffer;
  readonly address: string | null;
  /** Finds anew who asks. */
  sender(): Promise<Principal>;
  readonly leaving: AbortSignal;
  readonly write: WriteFrame;
}

export interface RunningStream {
  cancel(): void;
  /** Never rejects. */
  readonly done: Promise<void>;
}

/** Begins a stream, which goes on beside the frames that follow. */
export function runStream(parts: RunStreamParts, work: StreamWork): RunningStream {
  const { id, type } = work.frame;
  const cancelled = new AbortController();
  const write: WriteFrame = (frame) => work.write(id === undefined ? frame : { ...frame, id });
  const own = { ...work, write };
  return {
    cancel: () => cancelled.abort(new Error("the client cancelled")),
    done:
      type === "chat"
        ? runChat(parts, own, cancelled.signal).finally(parts.begin())
        : // Whoever stops the server waits for the work on tasks elsewhere.
          runTask(parts, own, cancelled.signal),
  };
}

async function runChat(parts: RunStreamParts, work: StreamWork, cancelled: AbortSignal): Promise<void> {
  const { write, address, data, frame, leaving } = work;
  await tellFailures(parts, work, cancelled, async (requestId, principal) => {
    const signal = AbortSignal.any([leaving, cancelled]);
    const payloadDigest = hash("sha256", data);
    const isWhole = await streamChat(
      parts,
      frame.body,
      { requestId, principal, address, payloadDigest, signal },
      write,
    );
    if (!isWhole)
      await write(cancelled.aborted ? { type: "cancelled" } : toErrorFrame(toFailure("upstream_interrupted")));
  });
}

/** A task is not the connection's: it goes on when that is lost. */
async function runTask(parts: RunStreamParts, work: StreamWork, cancelled: AbortSignal): Promise<void> {
  const { write, address, frame, leaving } = work;
  await tellFailures(parts, work, leaving, async (_requestId, principal) => {
    const task = await joinTask(parts, { principal, actor: toActor(principal, address) }, frame.body);
    const cancel = (): void => {
      task.cancel().catch(async (error: unknown) => {
        // What it says of itself ends the stream.
        await write({ ...toErrorFrame(toPublicFailure(error, parts.log)), task_id: task.taskId });
      });
    };
    if (cancelled.aborted) cancel();
    cancelled.addEventListener("abort", cancel, { once: true });
    await task.follow(write, leaving);
  });
}

async function tellFailures(
  parts: RunStreamParts,
  { write, sender, address, data }: StreamWork,
  given: AbortSignal,
  work: (requestId: string, principal: Principal) => Promise<void>,
): Promise<void> {
  const id = createRequestId(parts);
  let principal: Principal | undefined;
  try {
    principal = await sender();
    refuseRun(principal);
    await work(id, principal);
  } catch (error) {
    if (given.aborted) return await write({ type: "cancelled" });
    const failure = toPublicFailure(error, parts.log);
    const refused = { id, method: "GET", ip: address ?? "", bodyDigest: hash("sha256", data) };
    parts.noteRefusal(failure, { ...refused, ...(principal && { principal }), routeOptions: { url: "/v1/stream" } });
    await write(toErrorFrame(failure));
  }
}

function refuseRun({ runId }: Principal): void {
  if (runId === undefined) return;
  const message = "The token of a run is good for calls of models alone: POST /v1/messages.";
  throw new FailureError(toFailure("insufficient_scope", message));
}

export function toPublicFailure(error: unknown, log: Log): Failure {
  if (error instanceof FailureError) return error.failure;
  log.error({ err: error }, "a frame failed inside");
  return toFailure("internal");
}
