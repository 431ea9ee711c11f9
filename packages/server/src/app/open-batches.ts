import { hash, randomBytes, randomUUID } from "node:crypto";
import { createOpenAiChatFormat } from "../adapters/wire/openai-chat/openai-chat-format.ts";
import { createProjectCharge } from "../core/access/charge-project.ts";
import { createBatches, type Batches } from "../core/batches/create-batches.ts";
import { createId } from "../core/control/create-id.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";
import type { TaskService } from "../core/tasks/task-service.ts";
import type { ControlPlane } from "./open-control-plane.ts";

const limits = {
  running: 16,
  runningOfKey: 4,
  mostWaiting: 1_000,
  mostOfProject: 250,
  leaseMs: 15_000,
  sweepMs: 2_000,
};

/** Builds what works batches off. */
export function openBatches(settings: {
  readonly store: Store;
  readonly plane: Pick<ControlPlane, "identifier" | "completions">;
  readonly tasks: TaskService;
  readonly clock: Clock;
  readonly log: Log;
}): Batches {
  const { store, plane, tasks, clock, log } = settings;
  const digest = (text: string): string => hash("sha256", text);
  return createBatches({
    jobs: store.jobs,
    completions: plane.completions,
    chat: createOpenAiChatFormat(randomUUID),
    tasks,
    chargeProject: createProjectCharge((idOrName) => store.control.findProject(idOrName)),
    audit: { store, clock, random: randomBytes, digest },
    principalOf: plane.identifier.holderOf,
    createId: (prefix) => createId(prefix, randomBytes),
    digest,
    nodeId: `node_${randomBytes(9).toString("base64url")}`,
    shared: store.sessions.shared,
    clock,
    log,
    limits,
  });
}
