import type { Operation } from "../admin/operation.ts";
import { capabilityOperations } from "./capability-routes.ts";
import { processOperations } from "./process-routes.ts";
import { providerOperations } from "./provider-routes.ts";

/** Those that answer what their handler gives. */
export const plainOperations = { ...capabilityOperations, ...providerOperations } as const satisfies Record<
  string,
  Operation
>;

/** The routes of the task service whose clients Gantry takes over, by name. */
export const compatOperations = { ...plainOperations, ...processOperations } as const satisfies Record<
  string,
  Operation
>;

/** Where clients of that service look for the text of an error in `detail`. */
const detailed = /^\/v1\/(capabilities|process|providers|route|usage|chat\/completions|tasks?|batch(es)?)(\/|$)/;

export function tellsDetail(path: string): boolean {
  return detailed.test(path);
}
