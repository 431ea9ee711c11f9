import type { FastifyInstance } from "fastify";
import type { AgentService } from "../../../core/agents/agent-service.ts";
import type { EnvironmentService } from "../../../core/environments/environment-service.ts";
import type { FileService } from "../../../core/files/file-service.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { ResourceService } from "../../../core/resources/resource-service.ts";
import type { AnswerOnce } from "../../../core/sessions/answer-once.ts";
import type { InteractionService } from "../../../core/sessions/interaction-service.ts";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import { addAnswerLinkRoutes } from "./add-answer-link-routes.ts";
import { addEventStreamRoutes } from "./add-event-stream-routes.ts";
import { addFileContentRoutes } from "./add-file-content-routes.ts";
import { addManagedOperations } from "./add-managed-operations.ts";
import { createAgentHandlers } from "./agent-routes.ts";
import { createEnvironmentHandlers } from "./environment-routes.ts";
import { createEventHandlers } from "./event-routes.ts";
import { createFileHandlers } from "./file-routes.ts";
import { createInteractionHandlers } from "./interaction-routes.ts";
import { managedOperations } from "./managed-operations.ts";
import { createResourceHandlers } from "./resource-routes.ts";
import { createSessionHandlers } from "./session-routes.ts";
import { createThreadHandlers } from "./thread-routes.ts";
import { addUnservedRoutes, isUnserved } from "./unserved-routes.ts";
import type { UploadSockets } from "./upload-sockets.ts";

export interface ManagedParts {
  readonly agents: AgentService;
  readonly environments: EnvironmentService;
  readonly files: FileService;
  readonly resources: ResourceService;
  readonly sessions: SessionService;
  readonly interactions: InteractionService;
  readonly once: AnswerOnce;
  readonly uploads: UploadSockets;
  /** How long a client may send nothing of what it uploads, and take nothing of what it reads. */
  readonly stallMs: number;
  readonly clock: Clock;
}

/** Registers the managed API: agents, environments, files, sessions and what they wait for. A hook before sets `request.principal`. */
export function addManagedRoutes(app: FastifyInstance, parts: ManagedParts): void {
  const handlers = {
    ...createAgentHandlers(parts.agents),
    ...createEnvironmentHandlers(parts.environments),
    ...createFileHandlers(parts.files),
    ...createSessionHandlers(parts.sessions),
    ...createEventHandlers(parts.sessions),
    ...createThreadHandlers(parts.sessions),
    ...createResourceHandlers(parts.sessions, parts.resources),
    ...createInteractionHandlers(parts.interactions),
  };
  addManagedOperations(app, managedOperations, handlers, parts.once);
  addFileContentRoutes(app, { ...parts, silenceMs: parts.stallMs });
  addEventStreamRoutes(app, parts);
  addAnswerLinkRoutes(app, parts);
  addUnservedRoutes(app);
}

const served = /^\/v1\/(agents|environments|sessions|files|interactions)(\/|$)/;

/** Whether an address belongs to the managed API, whose clients look for the vendor's errors. */
export function isManagedPath(path: string): boolean {
  return served.test(path) || isUnserved(path);
}
