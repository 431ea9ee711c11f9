import { batch, batchAnswer, batchInput } from "@gantry/contracts/batches";
import { z } from "zod";
import type { BatchService } from "../../../core/batches/create-batches.ts";
import type { Handlers, Operation } from "../admin/operation.ts";

export const plainBatchOperations = {
  getBatch: {
    method: "GET",
    path: "/v1/batch/:id",
    summary: "Show a batch: its state, and the results of the items that are done.",
    access: "any",
    answer: batch,
  },
  cancelBatch: {
    method: "POST",
    path: "/v1/batch/:id/cancel",
    summary: "End a batch; items that are done keep their results.",
    access: "any",
    answer: batch,
  },
} as const satisfies Record<string, Operation>;

/** Described here and served by code of its own: it answers 200 or 202. */
export const ownBatchOperations = {
  createBatch: {
    method: "POST",
    path: "/v1/batch",
    summary:
      "Answer many prompts or tasks, each for itself, in their order. With `wait`, or `Prefer: respond-async`, answers sooner: 202 where the " +
      "batch is not over then.",
    access: "any",
    body: batchInput,
    answer: z.union([batchAnswer, batch]),
  },
} as const satisfies Record<string, Operation>;

/** All of them, by name. */
export const batchOperations = { ...ownBatchOperations, ...plainBatchOperations } as const;

export function createBatchHandlers(batches: BatchService): Handlers<typeof plainBatchOperations> {
  return {
    getBatch: ({ principal, params }) => batches.get(principal, params.id),
    cancelBatch: (call) => batches.cancel(call, call.params.id),
  };
}
