import type { Operation } from "../admin/operation.ts";
import { fileContentOperations } from "./add-file-content-routes.ts";
import { answerLinkOperations } from "./add-answer-link-routes.ts";
import { agentOperations } from "./agent-routes.ts";
import { environmentOperations } from "./environment-routes.ts";
import { eventStreamOperations } from "./add-event-stream-routes.ts";
import { eventOperations } from "./event-routes.ts";
import { fileOperations } from "./file-routes.ts";
import { interactionOperations } from "./interaction-routes.ts";
import { resourceOperations } from "./resource-routes.ts";
import { sessionOperations } from "./session-routes.ts";
import { socketOperations } from "./socket-operations.ts";
import { threadOperations } from "./thread-routes.ts";

/** All operations of the managed API whose bodies are JSON, by name. */
export const managedOperations = {
  ...agentOperations,
  ...environmentOperations,
  ...fileOperations,
  ...sessionOperations,
  ...eventOperations,
  ...threadOperations,
  ...resourceOperations,
  ...interactionOperations,
} as const satisfies Record<string, Operation>;

/** With those that are served by code of their own; the OpenAPI document is made of these. */
export const describedOperations = {
  ...managedOperations,
  ...fileContentOperations,
  ...eventStreamOperations,
  ...answerLinkOperations,
  ...socketOperations,
} as const satisfies Record<string, Operation>;
