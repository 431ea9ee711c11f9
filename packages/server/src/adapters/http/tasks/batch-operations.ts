import { batch, batchAnswer, batchInput, batchStatuses, batchSummary } from "@gantry/contracts/batches";
import { z } from "zod";
import type { BatchService } from "../../../core/batches/create-batches.ts";
import { listAnswer, toList } from "../admin/answers.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { pageFields } from "../admin/query-fields.ts";
import { toPageRequest } from "../admin/to-page-request.ts";

export const plainBatchOperations = {
  listBatches: {
    method: "GET",
    path: "/v1/batch",
    summary: "List batches, newest first, without their results.",
    access: "any",
    query: z.strictObject({ ...pageFields, status: z.enum(batchStatuses).optional() }),
    answer: listAnswer(batchSummary),
  },
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
    async listBatches({ principal, query }) {
      const { status } = query;
      const wanted = { ...toPageRequest(query), ...(status !== undefined && { status }) };
      return toList(await batches.list(principal, wanted));
    },
    getBatch: ({ principal, params }) => batches.get(principal, params.id),
    cancelBatch: (call) => batches.cancel(call, call.params.id),
  };
}
