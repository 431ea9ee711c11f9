import type { ServerResponse } from "node:http";

/** Aborted when the connection goes before the answer is whole. */
export function abortWhenClientLeaves(response: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  // It may have gone while its body was read.
  if (response.destroyed) leaving.abort(new Error("the client left"));
  response.once("close", () => {
    if (!response.writableFinished) leaving.abort(new Error("the client left"));
  });
  return leaving.signal;
}
