import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { CliResult } from "../cli-line.ts";
import { toUpstreamFailure } from "../upstream-failure.ts";

/** What went wrong, where the CLI's result says that something did. `subtype` says "success" for many failures, so it is never the judge. */
export function toResultFailure(result: CliResult): Failure | undefined {
  const { terminal_reason: reason, api_error_status: status, result: text = "" } = result;
  // The turn is whole, but for the object that it was to give.
  if (result.subtype === "error_max_structured_output_retries") return undefined;
  if (result.is_error !== true && result.subtype !== "error_during_execution") return undefined;
  if (typeof status === "number") return toUpstreamFailure(status, text);
  if (reason === "prompt_too_long" || reason === "blocking_limit") return toFailure("context_too_long");
  if (/connection|^API Error/i.test(text)) return toUpstreamFailure(null, text);
  const limited = toUpstreamFailure(undefined, text);
  return limited.code === "upstream_usage_limit" ? limited : toFailure("agent_failed");
}
