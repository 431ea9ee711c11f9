import { FailureError } from "@gantry/contracts/errors";
import type { MessageContent } from "@gantry/contracts/session-inputs";
import type { SessionRecord } from "../ports/session-store.ts";
import type { WorkBlock, WorkEvent } from "../ports/work-driver.ts";
import {
  findAuthority,
  findGiven,
  openSessionWorker,
  planFromLog,
  type Conversation,
  type OpenedWorker,
  type TurnWay,
} from "./open-session-worker.ts";
import type { SessionParts } from "./session-parts.ts";
import type { WantedStep } from "./session-writer.ts";
import { toWorkBlocks } from "./to-work-blocks.ts";
import { createToolGate, type ToolGate } from "./tool-gate.ts";
import { createTurnRecorder, type TurnRecorder } from "./turn-recorder.ts";

/** An agent process that works for one session, with who decides about its tools and who writes down what it does. */
export interface SessionProcess extends OpenedWorker {
  readonly gate: ToolGate;
  readonly recorder: TurnRecorder;
}

/**
 * Opens the process of an owned session. Where the transcript cannot be used, once more with the conversation from the log; `told` is called
 * then. Rejects with a `FailureError`.
 */
export async function openSessionProcess(
  parts: SessionParts,
  record: SessionRecord,
  conversation: Conversation,
  way: TurnWay,
  told: () => Promise<void>,
): Promise<SessionProcess> {
  const { id, fence } = record;
  const authority = await findAuthority(parts, record);
  const capabilities = await findGiven(parts, record, authority);
  const open = async (given: Conversation): Promise<SessionProcess> => {
    const recorder = createTurnRecorder({ ...parts, sessionId: id, fence });
    const gate = createToolGate({
      ...parts,
      sessionId: id,
      fence,
      profiles: authority.profiles,
      callable: capabilities?.callable,
      said: recorder.said,
      readFile: (fileId) => parts.sources.readFile(authority.principal, fileId),
    });
    return {
      ...(await openSessionWorker(parts, record, authority, given, gate.handlers, capabilities)),
      gate,
      recorder,
    };
  };
  try {
    return await open(conversation);
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.code !== "conversation_lost") throw error;
    // No loop: what is put together from the log is not tried twice.
    const opened = await open(await planFromLog(parts, record, way));
    await told();
    return opened;
  }
}

const continuation: readonly WorkBlock[] = [{ type: "text", text: "Go on where you stopped." }];

/** Begins a turn in its way. */
export async function beginWork(
  parts: SessionParts,
  record: SessionRecord,
  { worker }: SessionProcess,
  way: TurnWay,
  signal: AbortSignal,
): Promise<AsyncIterable<WorkEvent>> {
  if (way === "resume") return worker.resume(signal);
  if (way === "continue") return worker.prompt(continuation, signal);
  const ids = record.state.turn?.inputIds ?? [];
  const blocks = await Promise.all(ids.map((eventId) => readInput(parts, record, eventId)));
  return worker.prompt(blocks.flat(), signal);
}

/** The content of a message of the log. */
export async function readInput(
  parts: SessionParts,
  record: SessionRecord,
  eventId: string,
): Promise<readonly WorkBlock[]> {
  const event = await parts.store.findEvent(record.id, eventId);
  if (event === undefined) return [];
  // Checked when it was sent.
  return await toWorkBlocks(event.body["content"] as readonly MessageContent[], async (fileId) => {
    const { principal } = await findAuthority(parts, record);
    return await parts.sources.readFile(principal, fileId);
  });
}

/** The transcript as it is kept; undefined where there is none, so that the log has to be told anew. */
export async function readTranscript(
  { log, digest }: SessionParts,
  sessionId: string,
  { worker }: SessionProcess,
): Promise<WantedStep["transcript"]> {
  try {
    const { sessionId: transcriptId, content } = await worker.transcript();
    return { transcriptId, content, digest: digest(content) };
  } catch (error) {
    log.warn({ err: error, sessionId }, "the transcript of a session could not be kept; its log will be told anew");
    return undefined;
  }
}
