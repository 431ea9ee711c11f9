import type { AuditEntry } from "@gantry/contracts/audit";
import type { ErrorCode, Failure } from "@gantry/contracts/errors";
import { type Principal, toPolicyName } from "../access/principal.ts";

/**
 * What a policy refused. Rates and queues are left out: they say that there was much, not that something was tried which may not be, and
 * a flood must not fill the record.
 */
const recorded: ReadonlySet<ErrorCode> = new Set(["forbidden", "insufficient_scope", "budget_exceeded"]);

export interface RefusedByPolicy {
  readonly principal: Principal;
  /** Of the request, as the log has it. */
  readonly requestId: string;
  readonly method: string;
  /** The template of the address. */
  readonly route: string;
  readonly address: string;
  readonly payloadDigest: string | null;
}

/** The audit entry of a refused request; undefined where the failure is none of a policy. */
export function toRefusalEntry({ code }: Failure, refused: RefusedByPolicy, now: number): AuditEntry | undefined {
  if (!recorded.has(code)) return undefined;
  const { principal } = refused;
  return {
    at: now,
    actor: principal.keyId,
    action: "request.refused",
    target: `${refused.method} ${refused.route}`.slice(0, 200),
    projectId: principal.projectId,
    address: refused.address,
    policy: toPolicyName(principal.profile),
    result: "refused",
    detail: `${code} ${refused.requestId}`,
    payloadDigest: refused.payloadDigest,
  };
}
