import type { Operation } from "../admin/operation.ts";
import { capabilityOperations } from "./capability-routes.ts";

/** The routes of the task service whose clients Gantry takes over, by name. */
export const compatOperations = { ...capabilityOperations } as const satisfies Record<string, Operation>;
