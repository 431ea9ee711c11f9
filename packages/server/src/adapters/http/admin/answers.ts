import {
  cacheSettings,
  profileInput,
  rateLimits,
  scopes,
  type ApiKey,
  type PermissionProfile,
  type Project,
} from "@gantry/contracts/access";
import type { AuditCheckpoint, AuditRow } from "@gantry/contracts/audit";
import { budgetInput, type BudgetState } from "@gantry/contracts/budgets";
import { runStates, type Run, type RunReport } from "@gantry/contracts/runs";
import type { UsageRow, UsageSum } from "@gantry/contracts/usage";
import { z } from "zod";
import type { Page } from "../../../core/ports/control-store.ts";

/** What the routes answer: the contracts as schemas, for the OpenAPI document. The compiler holds each to its contract. */

const count = z.int().min(0);
const time = z.int().meta({ description: "Epoch milliseconds." });
const texts = z.record(z.string(), z.string());
const tokenCounts = z.strictObject({
  inputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  outputTokens: count,
});

export const projectAnswer = z.strictObject({
  id: z.string(),
  name: z.string(),
  metadata: texts,
  aliases: texts,
  cache: cacheSettings,
  createdAt: time,
  archivedAt: time.nullable(),
}) satisfies z.ZodType<Project>;

export const keyAnswer = z.strictObject({
  id: z.string(),
  publicId: z.string(),
  name: z.string(),
  projectId: z.string(),
  profile: z.string(),
  scopes: z.array(z.enum(scopes)).readonly(),
  limits: rateLimits,
  metadata: texts,
  expiresAt: time.nullable(),
  disabled: z.boolean(),
  revokedAt: time.nullable(),
  createdAt: time,
  lastUsedAt: time.nullable(),
}) satisfies z.ZodType<ApiKey>;

export const keyWithTextAnswer = keyAnswer.extend({
  key: z.string().meta({ description: "The key's whole text. It is told this once and kept nowhere." }),
});

export const profileAnswer = z.strictObject({
  ...profileInput.shape,
  version: count,
  createdAt: time,
}) satisfies z.ZodType<PermissionProfile>;

export const budgetAnswer = z.strictObject({
  ...budgetInput.shape,
  id: z.string(),
  raise: z.strictObject({ amount: count, until: time }).nullable(),
  createdAt: time,
  effectiveLimit: count,
  spent: count,
  reserved: count,
  resetsAt: time.nullable(),
}) satisfies z.ZodType<BudgetState>;

export const runAnswer = z.strictObject({
  id: z.string(),
  projectId: z.string(),
  keyId: z.string(),
  models: z.array(z.string()).readonly(),
  state: z.enum(runStates),
  createdAt: time,
  expiresAt: time,
  endedAt: time.nullable(),
  metadata: texts,
  profile: z.string(),
  budgetId: z.string().nullable(),
}) satisfies z.ZodType<Run>;

export const runWithTokenAnswer = runAnswer.extend({
  token: z.string().meta({ description: "The run's token. It is told this once and kept nowhere." }),
});

export const runReportAnswer = runAnswer.extend({
  usage: z.strictObject({ calls: count, tokens: tokenCounts, costMicros: count, unpriced: count }),
  budget: budgetAnswer.nullable(),
}) satisfies z.ZodType<RunReport>;

export const deletedAnswer = z.strictObject({ id: z.string(), deleted: z.literal(true) });

export const usageSumAnswer = z.strictObject({
  group: z.string(),
  requests: count,
  inputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  outputTokens: count,
  costMicros: count,
  unpriced: count,
  keys: count,
}) satisfies z.ZodType<UsageSum>;

export const usageRowAnswer = z.strictObject({
  id: z.string(),
  at: time,
  projectId: z.string(),
  keyId: z.string(),
  runId: z.string().nullable(),
  model: z.string(),
  driver: z.string(),
  tokens: tokenCounts,
  costMicros: count.nullable(),
  latencyMs: z.number(),
  firstTokenMs: z.number().nullable(),
  outcome: z.enum(["completed", "cut", "failed", "cancelled", "budget_reached", "cached", "lost"]),
  profile: z.string(),
}) satisfies z.ZodType<UsageRow>;

export const auditRowAnswer = z.strictObject({
  sequence: count,
  at: time,
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  projectId: z.string().nullable(),
  address: z.string().nullable(),
  policy: z.string().nullable(),
  result: z.enum(["ok", "refused", "failed"]),
  detail: z.string().nullable(),
  payloadDigest: z.string().nullable(),
  previousHash: z.string(),
  hash: z.string(),
}) satisfies z.ZodType<AuditRow>;

export const checkpointAnswer = z.strictObject({
  sequence: count,
  hash: z.string(),
  at: time,
}) satisfies z.ZodType<AuditCheckpoint>;

/** A page of a list. */
export function listAnswer<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ data: z.array(item).readonly(), next_cursor: z.string().nullable() });
}

export function toList<Item>({ items, nextCursor }: Page<Item>) {
  return { data: items, next_cursor: nextCursor };
}
