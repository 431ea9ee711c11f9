import type { Task, TaskArtifact, TaskStatus, TaskSummary } from "@gantry/contracts/tasks";
import type { CallOptions } from "./create-transport.ts";
import { downloadFile, type Download } from "./download-file.ts";
import { followTask, isTaskOver, type TaskUpdate } from "./follow-task.ts";
import type { WatchOptions, WorkParts } from "./follow-work.ts";
import { GantryError } from "./gantry-error.ts";
import { createLists, type Page } from "./pages.ts";
import { readObject, toJsonSchema, type ObjectSchema } from "./schema.ts";
import type { TaskRequest } from "./task-request.ts";

export interface TaskFilter {
  readonly status?: TaskStatus;
  /** Id of the schedule that they come from. */
  readonly schedule?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface WaitOptions extends WatchOptions {
  readonly onUpdate?: ((update: TaskUpdate) => void) | undefined;
}

/** Jobs for an agent. The key needs the scope `tasks`. */
export interface Tasks {
  /** Hands one over, and does not wait for it. */
  create(request: TaskRequest, options?: CallOptions): Promise<Task>;
  get(id: string, options?: CallOptions): Promise<Task>;
  /** Newest first. */
  list(filter?: TaskFilter, options?: CallOptions): Promise<Page<TaskSummary>>;
  all(filter?: TaskFilter, options?: CallOptions): AsyncGenerator<TaskSummary, void>;
  /** Its places and states, and the events of its session, until it is over and all of them are told. */
  watch(id: string, options?: WatchOptions): AsyncGenerator<TaskUpdate, void>;
  /** The task when it is over, however it ended. */
  wait(id: string, options?: WaitOptions): Promise<Task>;
  cancel(id: string, options?: CallOptions): Promise<Task>;
  /** Lets it cost more, in US dollars; one that has cost too much goes on. */
  raise(id: string, maxCost: number, options?: CallOptions): Promise<Task>;
  artifacts(id: string, options?: CallOptions): Promise<readonly TaskArtifact[]>;
  /** The content of what a task made, by the artifact's id or its path. */
  download(task: Pick<TaskSummary, "session_id">, artifact: string, options?: CallOptions): Promise<Download>;
  /** Creates one and waits for it. Where it does not complete: `task_not_completed`, with the task as the error's `cause`. */
  run(request: TaskRequest, options?: WaitOptions): Promise<Task>;
  /** The same with an object for its result. */
  run<Output>(
    request: TaskRequest & { readonly schema: ObjectSchema<Output> },
    options?: WaitOptions,
  ): Promise<Task & { readonly object: Output }>;
}

export function createTasks(parts: WorkParts): Tasks {
  const { transport } = parts;
  const pathOf = (id: string, rest = "") => `/v1/tasks/${encodeURIComponent(id)}${rest}`;
  const create: Tasks["create"] = (request, options) =>
    transport.json({ method: "POST", path: "/v1/task", body: { ...request, wait: 0 }, repeat: "keyed" }, options);
  const get: Tasks["get"] = (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options);
  const watch: Tasks["watch"] = (id, options = {}) => followTask(parts, id, options);

  async function wait(id: string, options: WaitOptions = {}): Promise<Task> {
    for await (const update of watch(id, options)) options.onUpdate?.(update);
    return await get(id, { signal: options.signal, timeoutMs: options.timeoutMs });
  }

  async function run<Output>(
    { schema, ...request }: TaskRequest & { readonly schema?: ObjectSchema<Output> },
    options: WaitOptions = {},
  ): Promise<Task & { readonly object: Output }> {
    const wanted = schema === undefined ? request : { ...request, output_schema: toJsonSchema(schema) };
    const made = await create(wanted, options);
    const task = isTaskOver(made.status) ? made : await wait(made.task_id, options);
    if (task.status !== "completed" || task.result === null || "error" in task.result) throw toNotCompleted(task);
    // Without a schema nobody is told of the field.
    return {
      ...task,
      ...(schema !== undefined && { object: await readObject(schema, task.result.output) }),
    } as Task & {
      readonly object: Output;
    };
  }

  return {
    create,
    get,
    ...createLists<TaskSummary, TaskFilter>(transport, "/v1/tasks"),
    watch,
    wait,
    // To end what has ended changes nothing.
    cancel: (id, options) => transport.json({ method: "POST", path: pathOf(id, "/cancel"), repeat: "freely" }, options),
    raise: (id, maxCost, options) =>
      transport.json({ method: "POST", path: pathOf(id), body: { max_cost: maxCost }, repeat: "freely" }, options),
    async artifacts(id, options) {
      const path = pathOf(id, "/artifacts");
      const { data } = await transport.json<{ data: readonly TaskArtifact[] }>({ method: "GET", path }, options);
      return data;
    },
    async download({ session_id: sessionId }, artifact, options = {}) {
      if (sessionId === null) throw new GantryError("invalid_argument", "The task has not begun: it has made nothing.");
      const path = `/v1/runs/${encodeURIComponent(sessionId)}/artifacts/${encodeURIComponent(artifact)}`;
      return await downloadFile(transport, path, options);
    },
    run,
  };
}

function toNotCompleted(task: Task): GantryError {
  const reason = task.result !== null && "error" in task.result ? `: ${task.result.error}` : ".";
  return new GantryError("task_not_completed", `The task ${task.task_id} ended as ${task.status}${reason}`, {
    cause: task,
  });
}
