import type { Completion } from "@gantry/contracts/completion";
import type { Digest } from "../pool/conversation-key.ts";
import { toCanonicalJson } from "./canonical-json.ts";

/** Everything that decides an answer. Whatever is added here changes every key. */
export interface CacheKeyParts {
  readonly completion: Omit<Completion, "model">;
  /** Full id of the model: an alias may lead elsewhere tomorrow. */
  readonly model: string;
  readonly driver: string;
  /** Version of the agent program; another one may build another prompt. */
  readonly agentVersion: string;
}

/** Names an answer within a project: equal for equal requests alone. Changing what is cached takes a new number. */
export function toCacheKey({ completion, model, driver, agentVersion }: CacheKeyParts, digest: Digest): string {
  // As the client wrote it, it is no part of the answer: `model` is what it came to.
  return digest(toCanonicalJson({ format: 1, ...completion, model, driver, agentVersion }));
}
