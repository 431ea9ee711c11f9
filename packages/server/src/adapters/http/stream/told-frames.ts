import { taskSummary } from "@gantry/contracts/tasks";
import { z } from "zod";

/* What a client of the streaming socket may say and is told, as schemas, for the OpenAPI document. */

const id = z.string().min(1).max(200).optional().meta({ description: "The client's own name of the stream." });
const key = z.string().min(1).max(500).optional();
const count = z.int();

/** Other fields are those of a chat completion's body, or of a task's. */
export const streamClientFrame = z.looseObject({
  type: z.enum(["authenticate", "chat", "agentic_task", "cancel", "ping"]),
  id,
  key,
  api_key: key,
});

const usage = z.object({
  input: count,
  output: count,
  total: count,
  input_tokens: count,
  output_tokens: count,
  total_tokens: count,
});
const cursor = count.optional();

export const streamServerFrame = z.union([
  z.object({ type: z.enum(["authenticated", "cancelled", "pong"]), id }),
  z.object({ type: z.enum(["token", "thinking"]), id, content: z.string(), cursor }),
  z.object({ type: z.literal("tool_call"), index: count, id: z.string(), name: z.string() }),
  z.object({ type: z.literal("tool_arguments"), id, index: count, content: z.string() }),
  z.object({ type: z.literal("task"), id, task_id: z.string() }),
  z.object({
    type: z.literal("status"),
    id,
    status: z.enum(["queued", "running", "requires_action"]),
    queue_position: count.nullish(),
    held_until: z.string().nullish(),
    cursor,
  }),
  z.object({
    type: z.literal("tool"),
    id,
    tool: z.string().optional(),
    tool_use_id: z.string(),
    status: z.enum(["asked", "started", "finished", "failed"]),
    arguments: z.string().optional(),
    content: z.string().optional(),
    cursor,
  }),
  z.looseObject({ type: z.literal("result"), id, task_id: z.string(), status: taskSummary.shape.status }),
  z.object({
    type: z.literal("done"),
    id,
    usage,
    cost: z.number().nullable(),
    model: z.string(),
    finish_reason: z.string().optional(),
    project_id: z.string().optional(),
    usage_id: z.string().optional(),
    task_id: z.string().optional(),
  }),
  z.object({
    type: z.literal("error"),
    id,
    error: z.string(),
    code: z.string(),
    param: z.string().optional(),
    retry_after: count.optional(),
    task_id: z.string().optional(),
  }),
]);
