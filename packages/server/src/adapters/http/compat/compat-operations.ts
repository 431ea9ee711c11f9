import type { Failure } from "@gantry/contracts/errors";
import { z } from "zod";
import type { Operation } from "../admin/operation.ts";
import { capabilityOperations } from "./capability-routes.ts";
import { processOperations } from "./process-routes.ts";
import { providerOperations } from "./provider-routes.ts";

/** Those that answer what their handler gives. */
export const plainOperations = { ...capabilityOperations, ...providerOperations } as const satisfies Record<
  string,
  Operation
>;

/** Described for the OpenAPI document, which knows no sockets; served where connections are taken over. */
export const streamOperations = {
  openStream: {
    method: "GET",
    path: "/v1/stream",
    summary:
      "Take the connection over as a WebSocket: `chat`, `agentic_task`, `cancel` and `ping` in; `token`, `thinking`, `tool`, `result`, `done` and `error` out, each with the `id` of " +
      "its stream. The key comes with the upgrade, or as `key` of the first frame.",
    access: "inference",
    texts: ["application/json"],
    answer: z.never(),
  },
} as const satisfies Record<string, Operation>;

/** The routes of the task service whose clients Gantry takes over, by name. */
export const compatOperations = { ...plainOperations, ...processOperations } as const satisfies Record<
  string,
  Operation
>;

/** Where clients of that service look for the text of an error in `detail`. */
const detailed = /^\/v1\/(capabilities|process|providers|route|usage|chat\/completions|tasks?|batch(es)?)(\/|$)/;

/** That text, for an address of that service; its clients know a used-up budget by these words. */
export function toDetail(path: string, { code, message }: Failure): { readonly detail?: string } {
  if (!detailed.test(path)) return {};
  return { detail: code === "budget_exceeded" ? `Budget exceeded: ${message}` : message };
}
