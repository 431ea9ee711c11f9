/**
 * The demo model in a process of its own, which counts what reaches it. Started by `start-upstream.ts`; it ends when
 * its parent does.
 */
import { subscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createDemoModel } from "../../packages/server/src/adapters/models/demo/demo-model.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { markerPattern, type UpstreamNote } from "./upstream-messages.ts";

let calls = 0;
let bytes = 0;
let open = 0;
// Node hands out one and the same object for the headers of a request: it stands for the request here.
const markers = new WeakMap<IncomingHttpHeaders, string>();

const model = createDemoModel({
  clock: systemClock,
  onRequest({ method, url, headers, bodyBytes, body }) {
    bytes += bodyBytes;
    if (method !== "POST" || !url.startsWith("/v1/messages")) return;
    calls += 1;
    const marker = findLastMarker(body);
    if (marker !== undefined) markers.set(headers, marker);
  },
});

// The channel's message is typed as anything; Node documents these two fields.
subscribe("http.server.request.start", (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  if (request.method !== "POST") return;
  open += 1;
  response.once("close", () => {
    open -= 1;
    if (!response.writableFinished) tell({ type: "cut", marker: markers.get(request.headers), at: Date.now() });
  });
});

// The only question is for the counts.
process.on("message", () => tell({ type: "counts", calls, bytes, open }));
process.once("disconnect", () => process.exit(0));
// A signal of the terminal reaches the whole group, and the parent still wants its last counts.
process.on("SIGINT", () => {});

const { url } = await model.listen({ host: "127.0.0.1", port: 0 });
tell({ type: "listening", url });

function tell(note: UpstreamNote): void {
  process.send?.(note, undefined, undefined, () => {});
}

function findLastMarker(body: unknown): string | undefined {
  return JSON.stringify(body)?.match(markerPattern)?.at(-1);
}
