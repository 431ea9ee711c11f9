import { toFailure, type Failure } from "@gantry/contracts/errors";
import { toUpstreamFailure as toProviderFailure } from "../../../core/upstreams/to-upstream-failure.ts";

/**
 * Turns what the CLI reports of a failed model call into a failure for the client. The upstream's own sentence is
 * passed on for refused requests alone, where it tells the client what to change; the CLI's advice to its user is not.
 */
export function toUpstreamFailure(
  status: number | null | undefined,
  text: string | undefined,
  retryAfterMs?: number,
): Failure {
  const failure = toProviderFailure({ status: status ?? undefined, ...readText(text ?? ""), retryAfterMs });
  if (typeof status === "number" || failure.code === "upstream_usage_limit") return failure;
  return toFailure("upstream_interrupted", "The connection to the model's provider was lost. Send the request again.");
}

/** The CLI writes `API Error: 400 sentence` of the provider's own; what begins otherwise is its advice to its user. */
function readText(text: string): { readonly message: string } | { readonly kind: string } {
  const sentence = /^API Error:? \d{3} (.+)$/s.exec(text)?.[1];
  return sentence === undefined ? { kind: text } : { message: sentence };
}
