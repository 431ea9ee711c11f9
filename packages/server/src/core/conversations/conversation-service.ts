import type { Completion, CompletionEvent, Message } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import { refuseState } from "../control/refusals.ts";
import type { Digest } from "../pool/conversation-key.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConversationStore } from "../ports/conversation-store.ts";

/** One conversation of a client that sends the new turn alone, while a request goes on with it. */
export interface OpenConversation {
  /** Whether something was said in it before. */
  readonly isKnown: boolean;
  /** The completion with the conversation before it. */
  extend(completion: Completion): Completion;
  /** Passes the answer on; before its end is told, prompt and answer are kept. To be read to its end, or left. */
  keep(completion: Completion, events: AsyncIterable<CompletionEvent>): AsyncIterable<CompletionEvent>;
  /** Lets the next request in, where the answer is never read. May be called twice. */
  close(): void;
}

export interface ConversationService {
  /**
   * Opens the conversation of this name, of this key alone, for one request at a time. Rejects with a `FailureError`: `conflict` where
   * another request is going on with it.
   */
  open(principal: Principal, name: string): Promise<OpenConversation>;
  /** Forgets it. Whether there was one. */
  forget(principal: Principal, name: string): Promise<boolean>;
}

export interface ConversationParts {
  readonly store: ConversationStore;
  readonly digest: Digest;
  readonly clock: Pick<Clock, "epoch">;
}

/** From the last turn on. */
const keptMs = 30 * 86_400_000;
/** In bytes of JSON: what is kept is written as a whole with each turn. */
const longest = 8 * 1024 * 1024;

export function createConversationService({ store, digest, clock }: ConversationParts): ConversationService {
  // Within one server a second request is refused at once; between several, where it would write over the first.
  const open = new Set<string>();
  const toId = ({ projectId, keyId }: Principal, name: string): string =>
    digest(JSON.stringify([projectId, keyId, name]));

  return {
    async open(principal, name) {
      const id = toId(principal, name);
      if (open.has(id)) throw refuseState("Another request is going on with this session; send this one after it.");
      open.add(id);
      const close = (): void => void open.delete(id);
      try {
        const kept = await store.find(id, clock.epoch() - keptMs);
        const write = async (system: string, messages: readonly Message[]): Promise<Failure | undefined> => {
          const next = { system, messages, version: (kept?.version ?? 0) + 1 };
          if (Buffer.byteLength(JSON.stringify(next)) > longest)
            return toFailure("context_too_long", "The session is longer than 8 MiB; begin another.");
          const now = clock.epoch();
          if (await store.put(id, next, now, now - keptMs)) return undefined;
          return toFailure("conflict", "Another request went on with this session at the same time.");
        };
        return {
          isKnown: kept !== undefined,
          extend(completion) {
            if (kept === undefined || resends(completion)) return completion;
            const { system, messages } = completion;
            return { ...completion, system: system || kept.system, messages: [...kept.messages, ...messages] };
          },
          keep: (completion, events) => keepAnswer(completion, events, write, close),
          close,
        };
      } catch (error) {
        close();
        throw error;
      }
    },
    forget: async (principal, name) => await store.remove(toId(principal, name)),
  };
}

/** A client that sends more than its new turn has kept the conversation itself: that is what counts then. */
function resends({ messages }: Completion): boolean {
  return messages.length > 1;
}

async function* keepAnswer(
  { system, messages }: Completion,
  events: AsyncIterable<CompletionEvent>,
  write: (system: string, messages: readonly Message[]) => Promise<Failure | undefined>,
  close: () => void,
): AsyncGenerator<CompletionEvent, void, undefined> {
  let text = "";
  try {
    for await (const event of events) {
      if (event.type === "text.delta") text += event.text;
      // What waits for a client's tools is no whole turn; that client sends the calls again with their results.
      if (event.type === "answer.finished" && event.reason !== "tool_calls" && text !== "") {
        const said: Message = { role: "assistant", content: [{ type: "text", text }] };
        const failure = await writeOrFail(() => write(system, [...messages, said]));
        if (failure !== undefined) {
          yield { type: "answer.failed", error: failure, usage: event.usage };
          return;
        }
        // Whoever has the end of this answer may send the next turn.
        close();
      }
      yield event;
    }
  } finally {
    close();
  }
}

async function writeOrFail(write: () => Promise<Failure | undefined>): Promise<Failure | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
}
