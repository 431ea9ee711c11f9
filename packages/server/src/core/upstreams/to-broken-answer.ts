import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { UpstreamError } from "../ports/upstream-client.ts";

/** What an exchange that broke means for the client. `hasBegun`: part of the answer had come. */
export function toBrokenAnswer({ kind }: UpstreamError, hasBegun = true): Failure {
  switch (kind) {
    case "connect":
      return toFailure("upstream_failed", "The model's provider cannot be reached.");
    case "headers_timeout":
    case "first_byte_timeout":
    case "silence_timeout":
      return toFailure("upstream_timeout");
    case "redirected":
      return toFailure(
        "upstream_failed",
        "The model's provider sent the call elsewhere, where Gantry does not follow.",
      );
    case "compressed":
      return toFailure("upstream_failed", "The model's provider answered in a form that was not asked for.");
    case "broken":
      return hasBegun
        ? toFailure("upstream_interrupted")
        : toFailure("upstream_failed", "The model's provider broke the connection off before it answered.");
  }
}
