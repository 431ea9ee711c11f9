import { z } from "zod";
import { taskInput } from "./tasks.ts";

/** Batches: many prompts or tasks in one request. Names of fields are those of the service whose clients use these routes. */

export const batchStatuses = ["queued", "running", "completed", "cancelled"] as const;
export type BatchStatus = (typeof batchStatuses)[number];

/** Most items of one batch. */
export const mostBatchItems = 1_000;
/** Most items of one batch that are worked on at one time. */
export const mostParallel = 32;

const itemId = z.string().min(1).max(200).nullish();
const text = z.string().min(1).max(1_000_000);

/** An item is a prompt, as a text or an object, or a task. */
export const batchPrompt = z.strictObject({ id: itemId, prompt: text });
export const batchTask = taskInput.omit({ wait: true, project_id: true }).extend({ id: itemId });
export const batchText = text;

const items = z.array(z.unknown()).min(1).max(mostBatchItems);

export const batchInput = z.strictObject({
  /** The items; `requests` is another name of it. */
  prompts: items.nullish(),
  requests: items.nullish(),
  /** Of prompts, and of tasks that name none; each prompt's is chosen by the rules where it is missing. */
  model: z.string().min(1).max(256).nullish(),
  /** Seconds that the answer to a prompt may take. A task has a `timeout` of its own. */
  timeout: z.number().min(1).max(3_600).nullish(),
  /** How many items are worked on at one time; false is 1. */
  parallel: z.union([z.boolean(), z.int().min(1).max(mostParallel)]).nullish(),
  project_id: z.string().min(1).max(200).nullish(),
  /** Seconds that the answer may take; 0 answers at once. As long as the batch takes where it is missing. */
  wait: z.number().min(0).max(86_400).nullish(),
});

const count = z.int();

export const batchResult = z.strictObject({
  /** As it was given, or the place of the item, from 0. */
  id: z.string(),
  /** Of a task its description. */
  prompt: z.string(),
  status: z.enum(["completed", "failed"]),
  content: z.string().optional(),
  usage: z.strictObject({ input_tokens: count, output_tokens: count, total_tokens: count }).optional(),
  /** US dollars; null where the price is not known. */
  cost: z.number().nullable().optional(),
  error: z.string().optional(),
  /** How often it was tried, where that was more than once: a failure that may pass is tried again where nothing can have had an effect. */
  attempts: count.optional(),
  /** Of an item that is a task: the rest is at `/v1/tasks/ID`. */
  task_id: z.string().optional(),
});
export type BatchResult = z.infer<typeof batchResult>;

const figures = { total: count, completed: count, failed: count, total_cost: z.number(), total_tokens: count };
/** In the order of the items; of a batch that runs, those that are done. */
const results = z.array(batchResult);

export const batchAnswer = z.strictObject({ ...figures, results });
export type BatchAnswer = z.infer<typeof batchAnswer>;

/** A batch as it is listed. */
export const batchSummary = z.strictObject({
  id: z.string(),
  status: z.enum(batchStatuses),
  project_id: z.string(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
  ...figures,
});
export type BatchSummary = z.infer<typeof batchSummary>;

export const batch = batchSummary.extend({ results });
export type Batch = z.infer<typeof batch>;
