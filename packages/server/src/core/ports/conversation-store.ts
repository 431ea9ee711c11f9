import type { Message } from "@gantry/contracts/completion";

/** A conversation that the server keeps for a client that does not send it again. */
export interface KeptConversation {
  readonly system: string;
  readonly messages: readonly Message[];
  /** Grows by one with each write. */
  readonly version: number;
}

/** Conversations by the digest of who may read them and how they are called. */
export interface ConversationStore {
  /** One that was last written to before `notBefore` is not there any more. */
  find(id: string, notBefore: number): Promise<KeptConversation | undefined>;
  /**
   * Writes the whole conversation where the one that is there is of the version before it; a first one has version 1. False where it is
   * not: somebody else has written. Forgets those last written to before `notBefore`.
   */
  put(id: string, conversation: KeptConversation, now: number, notBefore: number): Promise<boolean>;
  /** Whether there was one. */
  remove(id: string): Promise<boolean>;
}
