/** Whether an upstream refuses for a time only: too many calls, or a subscription that is used up. `code`: of the catalogue of errors. */
export function isUpstreamLimit(code: string): boolean {
  return code === "upstream_rate_limited" || code === "upstream_usage_limit";
}
