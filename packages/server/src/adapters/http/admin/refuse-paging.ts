import { refuseField } from "../../../core/control/refusals.ts";
import type { PageQuery } from "./to-page-request.ts";

/** Throws where a query asks for a page of an answer that has none: a client that believes it got one would be wrong. */
export function refusePaging(query: PageQuery, whole: string): void {
  for (const name of ["limit", "cursor"] as const) {
    if (query[name] !== undefined) throw refuseField(name, `not for ${whole}, which come whole; leave it out`);
  }
}
