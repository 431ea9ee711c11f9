import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { CliResult } from "./cli-line.ts";
import { toUpstreamFailure } from "./upstream-failure.ts";

/** Why a turn failed, by its result; undefined where it did not. `subtype` says "success" for many failures, so it is never the judge. */
export function toTurnFailure(result: CliResult, hasContent: boolean, stopReason: string | null): Failure | undefined {
  const { terminal_reason: reason, api_error_status: status } = result;
  const text = typeof result.result === "string" ? result.result : "";
  if (result.is_error !== true && result.subtype === "success") {
    // The stream's own stop reason alone says that all of the answer came through it.
    return stopReason === null ? toFailure("upstream_interrupted") : undefined;
  }
  if (typeof status === "number") return toUpstreamFailure(status, text);
  if (reason === "prompt_too_long" || reason === "blocking_limit") return toFailure("context_too_long");
  if (reason === "aborted_streaming" || reason === "aborted_tools")
    return toFailure("agent_failed", "The answer was interrupted.");
  if (hasContent || /connection|^API Error/i.test(text)) return toUpstreamFailure(null, text);
  const limited = toUpstreamFailure(undefined, text);
  return limited.code === "upstream_usage_limit" ? limited : toFailure("agent_failed");
}
