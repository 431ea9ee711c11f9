import { z } from "zod";
import type { Operation } from "../admin/operation.ts";
import { streamQuery } from "./add-event-stream-routes.ts";

/** Described for the OpenAPI document, which knows no sockets; served where connections are taken over. */
export const socketOperations = {
  openSocket: {
    method: "GET",
    path: "/v1/sessions/:id/ws",
    summary:
      "Take the connection over as a WebSocket: events out, and events in as `send` frames. The key comes with the upgrade, or in the " +
      "first frame: `authenticate` with `key`, `after` and `event_deltas`.",
    access: "sessions",
    query: streamQuery,
    texts: ["application/json"],
    answer: z.never(),
  },
} as const satisfies Record<string, Operation>;
