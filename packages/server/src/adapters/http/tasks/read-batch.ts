import { batchInput, batchPrompt, batchTask, batchText } from "@gantry/contracts/batches";
import { taskInput } from "@gantry/contracts/tasks";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import type { BatchInput, BatchItem } from "../../../core/batches/batch-record.ts";
import { checkInput } from "../admin/check-input.ts";

const usualParallel = 4;

/** Reads the body of a batch, in each of its shapes. Throws a `FailureError` that names the field of the item. */
export function readBatch(sent: unknown): { readonly input: BatchInput; readonly waitSeconds: number | undefined } {
  const body = checkInput(batchInput, sent, "body");
  const { prompts, requests, model, timeout, parallel, project_id: projectId, wait } = body;
  const name = requests === undefined || requests === null ? "prompts" : "requests";
  const items = requests ?? prompts;
  if (items === undefined || items === null || (requests && prompts)) {
    const message = "body: expected the items in `prompts`, or in `requests`, and not in both";
    throw new FailureError(toFailure("invalid_request", message, { param: "prompts" }));
  }
  const schema = z.strictObject({ [name]: z.tuple(items.map(schemaOf) as [z.ZodType, ...z.ZodType[]]) });
  const read = checkInput(schema, { [name]: items }, "body")[name] as readonly ReadItem[];
  return {
    waitSeconds: wait ?? undefined,
    input: {
      items: read.map(toItem),
      ...(typeof model === "string" && { model }),
      ...(typeof timeout === "number" && { timeoutMs: timeout * 1000 }),
      parallel: typeof parallel === "number" ? parallel : parallel === false ? 1 : usualParallel,
      ...(typeof projectId === "string" && { projectId }),
    },
  };
}

type ReadItem = string | z.output<typeof batchPrompt> | z.output<typeof batchTask>;

/** By what the item shows to be, so that an error names its own field. */
function schemaOf(item: unknown): z.ZodType {
  if (typeof item === "string") return batchText;
  return typeof item === "object" && item !== null && "description" in item ? batchTask : batchPrompt;
}

function toItem(item: ReadItem, index: number): BatchItem {
  if (typeof item === "string") return { id: String(index), prompt: item };
  const id = item.id ?? String(index);
  if ("prompt" in item) return { id, prompt: item.prompt };
  const { id: _id, ...task } = item;
  return { id, task: taskInput.parse(task) };
}
