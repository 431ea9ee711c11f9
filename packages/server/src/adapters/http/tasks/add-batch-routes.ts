import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BatchService } from "../../../core/batches/create-batches.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { addOperations } from "../admin/add-operations.ts";
import { readClaim, toCaller } from "../managed/add-managed-operations.ts";
import { createBatchHandlers, ownBatchOperations, plainBatchOperations } from "./batch-operations.ts";
import { readBatch } from "./read-batch.ts";
import { asksForAsync } from "./asks-for-async.ts";

/** Registers the routes of batches. A hook before them sets `request.principal`. */
export function addBatchRoutes(app: FastifyInstance, batches: BatchService): void {
  addOperations(app, plainBatchOperations, createBatchHandlers(batches));
  app.post(ownBatchOperations.createBatch.path, (request, reply) => createBatch(batches, request, reply));
}

const longestWaitSeconds = 86_400;

async function createBatch(batches: BatchService, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { input, waitSeconds } = readBatch(request.body === undefined ? {} : request.body);
  const caller = toCaller(request);
  const made = await batches.create(caller, input, readClaim(request));
  reply.header("cache-control", "no-store").header("location", `/v1/batch/${made.id}`);
  const isAsync = asksForAsync(request);
  const ms = (isAsync ? 0 : (waitSeconds ?? longestWaitSeconds)) * 1000;
  const batch = await batches.wait(caller.principal, made.id, ms, abortWhenClientLeaves(reply.raw));
  if (batch.ended_at === null) return reply.code(202).send(batch);
  if (isAsync || waitSeconds !== undefined) return batch;
  const { total, completed, failed, results, total_cost, total_tokens } = batch;
  return { total, completed, failed, results, total_cost, total_tokens };
}
