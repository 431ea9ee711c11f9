import type { DeletedSchedule, Schedule, scheduleInput, scheduleUpdate } from "@gantry/contracts/schedules";
import type { TaskSummary } from "@gantry/contracts/tasks";
import type { z } from "zod";
import type { Lists, Paging } from "./create-resource.ts";
import type { CallOptions, Transport } from "./create-transport.ts";
import { createLists } from "./pages.ts";

/** Tasks that are made again and again, at the times of a cron expression. The key needs the scope `tasks`. */
export interface Schedules extends Lists<Schedule, Paging> {
  create(input: z.input<typeof scheduleInput>, options?: CallOptions): Promise<Schedule>;
  get(id: string, options?: CallOptions): Promise<Schedule>;
  /** What is not named stays as it is; `task` is replaced whole. */
  update(id: string, change: z.input<typeof scheduleUpdate>, options?: CallOptions): Promise<Schedule>;
  /** The tasks that it has made stay. */
  delete(id: string, options?: CallOptions): Promise<DeletedSchedule>;
  /** Makes its task now; its times stay as they are. */
  run(id: string, options?: CallOptions): Promise<TaskSummary>;
}

export function createSchedules(transport: Transport): Schedules {
  const path = "/v1/schedules";
  const pathOf = (id: string, rest = "") => `${path}/${encodeURIComponent(id)}${rest}`;
  return {
    ...createLists<Schedule, Paging>(transport, path),
    create: (body, options) => transport.json({ method: "POST", path, body, repeat: "keyed" }, options),
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    update: (id, body, options) => transport.json({ method: "PATCH", path: pathOf(id), body }, options),
    delete: (id, options) => transport.json({ method: "DELETE", path: pathOf(id) }, options),
    run: (id, options) => transport.json({ method: "POST", path: pathOf(id, "/run"), repeat: "keyed" }, options),
  };
}
