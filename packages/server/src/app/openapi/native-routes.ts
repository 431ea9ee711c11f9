import { batchInput, batchPrompt, batchTask, batchText } from "@gantry/contracts/batches";
import { z } from "zod";
import { adminOperations } from "../../adapters/http/admin/admin-operations.ts";
import { workspaceOperations } from "../../adapters/http/admin/add-workspace-routes.ts";
import type { Operation } from "../../adapters/http/admin/operation.ts";
import { compatOperations, streamOperations } from "../../adapters/http/compat/compat-operations.ts";
import { answerPath } from "../../core/webhooks/create-answer-links.ts";
import { isManagedPath } from "../../adapters/http/managed/add-managed-routes.ts";
import { describedOperations } from "../../adapters/http/managed/managed-operations.ts";
import { batchOperations } from "../../adapters/http/tasks/batch-operations.ts";
import { scheduleOperations } from "../../adapters/http/tasks/schedule-operations.ts";
import { taskOperations } from "../../adapters/http/tasks/task-operations.ts";
import type { Content, DescribedRoute, DescribedRoutes } from "./described-route.ts";
import { examples } from "./examples.ts";
import { sessionFrames, sessionStreamEvent, streamFrames, taskStreamEvent } from "./stream-schemas.ts";

/** The first that fits the address. */
const tagsByAddress: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/(admin\/usage|audit|usage|organizations)/, "Usage"],
  [/^\/v1\/admin/, "Administration"],
  [/^\/v1\/runs\/:id\/(artifacts|diff|apply)/, "Work"],
  [/^\/v1\/runs/, "Runs"],
  [/^\/v1\/agents/, "Agents"],
  [/^\/v1\/environments/, "Environments"],
  [/^\/v1\/sessions/, "Sessions"],
  [/^\/v1\/interactions/, "Approvals"],
  [/^\/v1\/files/, "Files"],
  [/^\/v1\/tasks?(\/|$)/, "Tasks"],
  [/^\/v1\/batch/, "Batches"],
  [/^\/v1\/schedules/, "Schedules"],
  [/^\/v1\/(route|capabilities|providers|process|stream)/, "Compatibility"],
];

/** Lists whose elements are looked at one by one, so that the table has no schema of them. */
const batchItems = z
  .array(z.union([batchText, batchPrompt, batchTask]))
  .min(1)
  .max(1_000);
const wholeBodies: Readonly<Record<string, z.ZodType>> = {
  createBatch: batchInput.extend({ prompts: batchItems.nullish(), requests: batchItems.nullish() }),
};

/** Routes of the task service that go by an idempotency key; of the managed API all that make something do. */
const claiming = new Set(["createTask", "createBatch", "createSchedule", "runSchedule"]);
/** Those that answer 202 where the work is not over yet. */
const asynchronous = new Set(["createTask", "createBatch"]);
const pageStatuses = [200, 400, 403, 404, 409, 413, 415, 500, 503];
const prefer = { prefer: "`respond-async` answers at once." };
const lastEvent = { "last-event-id": "The id of the last event that the reader has." };

const eventsOf: Readonly<Record<string, z.ZodType>> = {
  streamTask: taskStreamEvent,
  streamEvents: sessionStreamEvent,
  streamThreadEvents: sessionStreamEvent,
};
const framesOf: Readonly<Record<string, NonNullable<DescribedRoute["frames"]>>> = {
  openSocket: sessionFrames,
  openStream: streamFrames,
};

const operations: Readonly<Record<string, Operation>> = {
  ...taskOperations,
  ...batchOperations,
  ...scheduleOperations,
  ...describedOperations,
  ...workspaceOperations,
  ...adminOperations,
  ...compatOperations,
  ...streamOperations,
};

/** All routes that are written as data, as the document tells of them. */
export const nativeRoutes: DescribedRoutes = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => [name, toRoute(name, operation)]),
);

function toRoute(name: string, operation: Operation): DescribedRoute {
  const { method, path, access, query, summary } = operation;
  const frames = framesOf[name];
  const headers = asynchronous.has(name) ? prefer : name in eventsOf ? lastEvent : undefined;
  const isManaged = isManagedPath(path);
  return {
    method,
    path,
    tag: tagsByAddress.find(([address]) => address.test(path))?.[1] ?? "Server",
    summary,
    access,
    ...(query !== undefined && { query }),
    ...(headers !== undefined && { headers }),
    ...toBody(name, operation),
    answers: toAnswers(name, operation),
    goesByKey: claiming.has(name) || (isManaged && method === "POST" && name !== "answerByLink"),
    isLenient: isManaged && name !== "answerByLink",
    ...(frames !== undefined && { frames }),
  };
}

function toBody(name: string, { body, form, path }: Operation): Pick<DescribedRoute, "body"> {
  const schema = wholeBodies[name] ?? body ?? form;
  if (schema === undefined) return {};
  const type =
    form === undefined
      ? "application/json"
      : path === answerPath
        ? "application/x-www-form-urlencoded"
        : "multipart/form-data";
  return { body: { type, schema, example: examples[name] } };
}

function toAnswers(name: string, operation: Operation): DescribedRoute["answers"] {
  const { status = 200, path, answer, texts = [], files = [] } = operation;
  if (name in framesOf) return { 101: {} };
  const events = eventsOf[name];
  if (events !== undefined) return { 200: { "text/event-stream": events } };
  // People are told on a page what went wrong, too.
  if (path === answerPath) return Object.fromEntries(pageStatuses.map((each) => [each, { "text/html": "text" }]));
  const contents: Record<string, Content> = {
    ...(!(answer instanceof z.ZodNever) && { "application/json": answer }),
    ...Object.fromEntries(texts.map((type) => [type, type === "application/octet-stream" ? "bytes" : "text"] as const)),
    ...Object.fromEntries(files.map((type) => [type, "bytes"] as const)),
  };
  return asynchronous.has(name) ? { 200: contents, 202: contents } : { [status]: contents };
}
