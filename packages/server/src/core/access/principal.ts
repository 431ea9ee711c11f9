import type { CacheSettings, PermissionProfile, RateLimits, Scope } from "@gantry/contracts/access";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { RunState } from "@gantry/contracts/runs";

/** Who makes a request, with everything that decides what it may do. Made once, when the key is checked. */
export interface Principal {
  readonly keyId: string;
  readonly keyName: string;
  readonly projectId: string;
  /** Who owns the processes that serve it: the project, since processes are never shared between projects. */
  readonly owner: string;
  readonly scopes: readonly Scope[];
  readonly profile: PermissionProfile;
  readonly limits: RateLimits;
  /** The project's names for models. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly cache: CacheSettings;
  /** Where its key is the token of one run: all that it does counts for that run. */
  readonly runId?: string;
  /** Of that run, when its token was checked. */
  readonly runState?: RunState;
}

/** Undefined where the key has the scope. No scope contains another: `admin` alone may not ask a model. */
export function requireScope(principal: Pick<Principal, "scopes">, scope: Scope): Failure | undefined {
  if (principal.scopes.includes(scope)) return undefined;
  const has = principal.scopes.length === 0 ? "none" : principal.scopes.join(", ");
  return toFailure(
    "insufficient_scope",
    `This needs a key with the scope "${scope}"; the scopes of this key are: ${has}.`,
  );
}

/** How usage, reservations and the audit name the profile that was in force: `name@version`. */
export function toPolicyName(profile: Pick<PermissionProfile, "name" | "version">): string {
  return `${profile.name}@${profile.version}`;
}
