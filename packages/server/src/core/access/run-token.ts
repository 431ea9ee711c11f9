import type { StoredRun } from "../ports/run-store.ts";
import type { SameHash } from "./check-key.ts";
import type { Principal } from "./principal.ts";
import { narrowProfile } from "./narrow-profile.ts";

/** The id of the run whose token has this public part: whoever finds a token in a log knows what to end. */
export function toRunId(publicId: string): string {
  return `run_${publicId}`;
}

/** Whether a run as the store holds it takes calls at `now` with a token of this digest. Its end is the first moment of refusal. */
export function isTokenGood(run: StoredRun, secretHash: string, now: number, sameHash: SameHash): boolean {
  return sameHash(run.tokenHash, secretHash) && run.endedAt === null && now < run.expiresAt;
}

/** Who sends a run's token: the key that made the run, for model calls alone and for no more models than the run may use. */
export function toRunPrincipal(creator: Principal, run: Pick<StoredRun, "id" | "models" | "state">): Principal {
  return {
    ...creator,
    scopes: creator.scopes.filter((scope) => scope === "inference"),
    profile: narrowProfile(creator.profile, run.models),
    runId: run.id,
    runState: run.state,
  };
}
