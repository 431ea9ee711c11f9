import type { Completion } from "@gantry/contracts/completion";
import type { Digest } from "../pool/conversation-key.ts";

/** Everything that decides an answer. Whatever is added here changes every key. */
export interface CacheKeyParts {
  readonly completion: Pick<Completion, "system" | "messages" | "sampling">;
  /** Full id of the model: an alias may lead elsewhere tomorrow. */
  readonly model: string;
  readonly driver: string;
  /** Version of the agent program; another one may build another prompt. */
  readonly agentVersion: string;
}

/** Names an answer within a project: equal for equal requests alone. Changing what is cached takes a new number. */
export function toCacheKey({ completion, model, driver, agentVersion }: CacheKeyParts, digest: Digest): string {
  const { system, messages, sampling } = completion;
  return digest(toCanonicalJson({ format: 1, model, driver, agentVersion, system, messages, sampling }));
}

/**
 * JSON with its keys in order and without what is undefined, so that equal values give equal texts. All fields are
 * taken as they come: a field that is added to the contract later becomes part of the key without being named here.
 */
function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
