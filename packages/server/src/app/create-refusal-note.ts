import type { HttpParts } from "../adapters/http/http-parts.ts";
import { toRefusalEntry } from "../core/audit/to-refusal-entry.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";

/** More are not waited for: the store is away, or somebody tries very hard. */
const mostWaiting = 1_000;

/** Puts what a policy refused into the audit, beside the answer and not before it. */
export function createRefusalNote(store: Pick<Store, "audit">, clock: Clock, log: Log): HttpParts["noteRefusal"] {
  let waiting = 0;
  return (failure, request) => {
    const { id, method, ip, principal, bodyDigest, routeOptions } = request;
    if (principal === undefined || principal === null || waiting >= mostWaiting) return;
    const refused = {
      principal,
      requestId: id,
      method,
      route: routeOptions.url ?? "unknown",
      address: ip,
      payloadDigest: bodyDigest,
    };
    const entry = toRefusalEntry(failure, refused, clock.epoch());
    if (entry === undefined) return;
    waiting += 1;
    void store.audit
      .append(entry)
      .catch((error: unknown) => log.warn({ err: error }, "a refusal could not be put into the audit"))
      .finally(() => (waiting -= 1));
  };
}
