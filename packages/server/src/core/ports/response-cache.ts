import type { CompletionEvent } from "@gantry/contracts/completion";

/** Whole answers by the digest of all that decides them, within one project. */
export interface ResponseCache {
  find(projectId: string, key: string, notBefore: number): Promise<readonly CompletionEvent[] | undefined>;
  put(projectId: string, key: string, events: readonly CompletionEvent[], now: number): Promise<void>;
}
