import { task, taskArtifact, taskInput, taskStatuses, taskSummary, taskUpdate } from "@gantry/contracts/tasks";
import { z } from "zod";
import type { TaskService } from "../../../core/tasks/task-service.ts";
import { listAnswer, toList } from "../admin/answers.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { idField, pageFields } from "../admin/query-fields.ts";
import { toPageRequest } from "../admin/to-page-request.ts";

export const plainTaskOperations = {
  listTasks: {
    method: "GET",
    path: "/v1/tasks",
    summary: "List tasks, newest first.",
    access: "tasks",
    query: z.strictObject({
      ...pageFields,
      status: z.enum(taskStatuses).optional(),
      schedule: idField.optional().meta({ description: "The schedule that they come from." }),
    }),
    answer: listAnswer(taskSummary),
  },
  getTask: {
    method: "GET",
    path: "/v1/tasks/:id",
    summary: "Show a task: its state, what was done so far, and what came of it.",
    access: "tasks",
    answer: task,
  },
  raiseTask: {
    method: "POST",
    path: "/v1/tasks/:id",
    summary: "Raise what a task may cost; one that has cost too much goes on.",
    access: "tasks",
    body: taskUpdate,
    answer: task,
  },
  cancelTask: {
    method: "POST",
    path: "/v1/tasks/:id/cancel",
    summary: "End a task: at once where it waits, else as soon as its agent is stopped.",
    access: "tasks",
    answer: task,
  },
  listTaskArtifacts: {
    method: "GET",
    path: "/v1/tasks/:id/artifacts",
    summary: "List what a task made or changed; the content of each is at `/v1/runs/SESSION/artifacts/ID`.",
    access: "tasks",
    answer: z.strictObject({ data: z.array(taskArtifact) }),
  },
} as const satisfies Record<string, Operation>;

/** Described here and served by code of their own: one answers 200 or 202, one does not end by itself. */
export const ownTaskOperations = {
  createTask: {
    method: "POST",
    path: "/v1/task",
    summary:
      "Hand an agent a job. Answers when it is done; with `wait`, or `Prefer: respond-async`, sooner: 202 where it is not over then, or waits for a person.",
    access: "tasks",
    body: taskInput.extend({
      api_key: z.string().nullish().meta({ description: "The key, where no header brings one: an older way." }),
    }),
    answer: task,
  },
  streamTask: {
    method: "GET",
    path: "/v1/tasks/:id/events",
    summary:
      "Stream a task: its place in the queue while it waits, then each change of its state and each event of its session.",
    access: "tasks",
    texts: ["text/event-stream"],
    answer: z.never(),
  },
} as const satisfies Record<string, Operation>;

/** All of them, by name. */
export const taskOperations = { ...ownTaskOperations, ...plainTaskOperations } as const;

export function createTaskHandlers(tasks: TaskService): Handlers<typeof plainTaskOperations> {
  return {
    async listTasks({ principal, query }) {
      const { status, schedule: scheduleId } = query;
      const filter = { ...(status !== undefined && { status }), ...(scheduleId !== undefined && { scheduleId }) };
      const wanted = { ...toPageRequest(query), ...filter };
      return toList(await tasks.list(principal, wanted));
    },
    getTask: ({ principal, params }) => tasks.get(principal, params.id),
    raiseTask: (call) => tasks.raise(call, call.params.id, call.body.max_cost),
    cancelTask: (call) => tasks.cancel(call, call.params.id),
    listTaskArtifacts: async ({ principal, params }) => ({ data: [...(await tasks.artifacts(principal, params.id))] }),
  };
}
