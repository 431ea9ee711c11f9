import type { ProcessTemperature } from "../completions/completion-service.ts";
import type { Agent } from "../ports/driver.ts";
import type { ConversationKey } from "./conversation-key.ts";

/** A process lent to one request. */
export interface Lease {
  readonly agent: Agent;
  readonly temperature: ProcessTemperature;
  /** The process is empty: the history is to be replayed before the prompt. */
  readonly needsReplay: boolean;
  /** The model has begun to answer: what the pool puts off for a turn that begins may go on. */
  answering(): void;
  /** Gives the process back, with the conversation it holds now, if it is to be found again by it. Once. */
  release(conversation: ConversationKey | undefined): void;
}
