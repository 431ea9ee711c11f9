import { z } from "zod";
import { outputSchema } from "./output-schema.ts";
import { repositoryResourceInput } from "./session-resources.ts";

/** Tasks: a job is handed over and its result fetched. Names of fields are those of the service whose clients use these routes. */

export const taskStatuses = [
  "queued",
  "running",
  "requires_action",
  "completed",
  "failed",
  "timeout",
  "cost_exceeded",
  "cancelled",
] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** What a task's webhook is told of, as `task.completed` and so on. */
export const taskNewsStatuses = [
  "requires_action",
  "completed",
  "failed",
  "timeout",
  "cost_exceeded",
  "cancelled",
] as const satisfies readonly TaskStatus[];
export type TaskNewsStatus = (typeof taskNewsStatuses)[number];

const names = z.array(z.string().min(1).max(200)).max(100);
/** US dollars. */
const cost = z.number().positive().max(100_000);

export const taskInput = z.strictObject({
  description: z.string().min(1).max(1_000_000),
  /** Tools that the agent gets, by the names of the agent program: `Read`, `Write`, `Edit`, `Bash`, `Glob`, `Grep`, `WebFetch`, `WebSearch`, `mcp__SERVER__TOOL`. */
  allow_tools: names.default([]),
  allow_agents: names.default([]),
  allow_skills: names.default([]),
  /** Name of a registered directory, of which the agent gets a copy. An empty folder where it is missing. */
  working_directory: z.string().min(1).max(120).nullish(),
  /** A registered directory that is a git repository, by `file:///NAME`, at a branch or commit: in the place of `working_directory`. */
  repository: z
    .union([repositoryResourceInput.shape.url, repositoryResourceInput.pick({ url: true, checkout: true })])
    .nullish(),
  /** Seconds of work; time in which a person is waited for does not count. */
  timeout: z.int().min(1).max(86_400).default(300),
  max_cost: cost.default(1),
  model: z.string().min(1).max(256).nullish(),
  /** Uploaded files, laid into the agent's folder. */
  input_files: z
    .array(z.strictObject({ file_id: z.string().min(1).max(200), path: z.string().min(1).max(1024) }))
    .max(100)
    .default([]),
  /** What comes of the task is an object that fits it. */
  output_schema: outputSchema.nullish(),
  /** An address, or the id of a registered webhook of the project: told of each end, and where a person has to answer. */
  webhook: z.string().min(1).max(2048).nullish(),
  /** Higher is sooner, within the project. */
  priority: z.int().min(-100).max(100).default(0),
  /** Seconds that the answer may take; 0 answers at once. As long as the task takes where it is missing. */
  wait: z.number().min(0).max(86_400).nullish(),
  /** The key's own; any other is refused. */
  project_id: z.string().min(1).max(200).nullish(),
});
export type TaskInput = z.output<typeof taskInput>;

export const taskUpdate = z.strictObject({ max_cost: cost });

const count = z.int();
const time = z.string().nullable();

export const taskStep = z.strictObject({
  step: count,
  timestamp: z.string(),
  /** `model_call`, `tool_call`, `tool_result`, `message`, `approval_asked`, `approval_given`, `error`. */
  action: z.string(),
  details: z.string(),
  tool: z.string().nullable(),
  /** SHA-256 of the tool with its arguments. */
  arguments_digest: z.string().nullable(),
  result: z.string().nullable(),
  /** US dollars; null where a step has none, or its price is not known. */
  cost: z.number().nullable(),
});
export type TaskStep = z.infer<typeof taskStep>;

export const taskResult = z.union([
  z.strictObject({
    summary: z.string(),
    full_output: z.string(),
    workspace_directory: z.string().nullable(),
    /** The object that was asked for by `output_schema`. */
    output: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({ error: z.string(), output: z.string().nullable() }),
]);
export type TaskResult = z.infer<typeof taskResult>;

/** What the agent made or changed; its content is at `/v1/runs/SESSION/artifacts/ID`. */
export const taskArtifact = z.strictObject({
  id: z.string(),
  type: z.string(),
  path: z.string(),
  size_bytes: count,
  change: z.string(),
  created_at: time,
});
export type TaskArtifact = z.infer<typeof taskArtifact>;

export const taskSummary = z.strictObject({
  task_id: z.string(),
  status: z.enum(taskStatuses),
  description: z.string(),
  model: z.string(),
  project_id: z.string(),
  /** The schedule that it comes from; null where somebody asked for it. */
  schedule_id: z.string().nullable(),
  session_id: z.string().nullable(),
  max_cost: z.number(),
  timeout: count,
  created_at: z.string(),
  started_at: time,
  ended_at: time,
});
export type TaskSummary = z.infer<typeof taskSummary>;

export const task = taskSummary.extend({
  /** 1 for the next; null where it does not wait for a worker. */
  queue_position: count.nullable(),
  /** Until when a limit of the model's vendor lets no task begin; null where none does, or this one does not wait. */
  held_until: time,
  /** What is told of this task. `secret` signs it: in the answer to the request that named an address, for its key alone. */
  webhook: z.strictObject({ id: z.string(), secret: z.string().optional() }).nullable(),
  /** Ids of what a person has to answer (`/v1/interactions`). */
  interactions: z.array(z.string()),
  /** Null until the task has ended. */
  result: taskResult.nullable(),
  execution_log: z.array(taskStep),
  artifacts: z.array(taskArtifact),
  usage: z.strictObject({
    input_tokens: count,
    output_tokens: count,
    total_tokens: count,
    total_cost: z.number(),
    model_used: z.string(),
    duration_seconds: z.number(),
  }),
});
export type Task = z.infer<typeof task>;
