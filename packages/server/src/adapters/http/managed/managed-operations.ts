import type { Operation } from "../admin/operation.ts";
import { fileContentOperations } from "./add-file-content-routes.ts";
import { agentOperations } from "./agent-routes.ts";
import { environmentOperations } from "./environment-routes.ts";
import { fileOperations } from "./file-routes.ts";

/** All operations of the managed API whose bodies are JSON, by name. */
export const managedOperations = {
  ...agentOperations,
  ...environmentOperations,
  ...fileOperations,
} as const satisfies Record<string, Operation>;

/** With those that are served by code of their own; the OpenAPI document is made of these. */
export const describedOperations = {
  ...managedOperations,
  ...fileContentOperations,
} as const satisfies Record<string, Operation>;
