import { errorCatalogue } from "@gantry/contracts/errors";
import { z } from "zod";
import { compatOperations, streamOperations } from "../compat/compat-operations.ts";
import { batchOperations } from "../tasks/batch-operations.ts";
import { scheduleOperations } from "../tasks/schedule-operations.ts";
import { taskOperations } from "../tasks/task-operations.ts";
import { describedOperations } from "../managed/managed-operations.ts";
import { workspaceOperations } from "./add-workspace-routes.ts";
import { adminOperations } from "./admin-operations.ts";
import type { Operation } from "./operation.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the operations, made of the schemas that check them. `version` is the program's. */
export function createOpenApiDocument(
  version: string,
  operations: Readonly<Record<string, Operation>> = {
    ...adminOperations,
    ...workspaceOperations,
    ...describedOperations,
    ...compatOperations,
    ...streamOperations,
    ...taskOperations,
    ...batchOperations,
    ...scheduleOperations,
  },
): Json {
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describeOperation(name, operation) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Gantry", version },
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
      },
      schemas: { Error: describeError() },
    },
  };
}

function describeOperation(name: string, operation: Operation): Json {
  const { summary, access, status = 200 } = operation;
  return {
    operationId: name,
    summary,
    ...(access !== "any" && { description: `For keys with the scope \`${access}\`.` }),
    parameters: [...describePath(operation), ...describeQuery(operation)],
    ...describeBody(operation),
    responses: {
      [status]: { description: "Done.", content: describeContent(operation) },
      default: {
        description: "Refused or failed.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}

function describeBody({ body, form }: Operation): Json {
  const schema = body ?? form;
  if (schema === undefined) return {};
  const type = form === undefined ? "application/json" : "multipart/form-data";
  return { requestBody: { required: isRequired(schema), content: { [type]: { schema: toSchema(schema, "input") } } } };
}

function describeContent({ answer, texts = [], files }: Operation): Json {
  if (files !== undefined) {
    return Object.fromEntries(files.map((type) => [type, { schema: { type: "string", format: "binary" } }]));
  }
  const text = texts.map((type) => [type, { schema: { type: "string" } }] as const);
  const json = answer instanceof z.ZodNever ? {} : { "application/json": { schema: toSchema(answer, "output") } };
  return { ...json, ...Object.fromEntries(text) };
}

function describePath({ path }: Operation): Json[] {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  return names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}

function describeQuery({ query }: Operation): Json[] {
  if (query === undefined) return [];
  return Object.entries(query.shape).map(([name, field]) => ({
    name,
    in: "query",
    required: !z.safeParse(field, undefined).success,
    schema: toSchema(field, "input"),
  }));
}

/** A body that may be left out is one that may be empty. */
function isRequired(body: z.ZodObject): boolean {
  return !body.safeParse({}).success;
}

function toSchema(schema: z.core.$ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

function describeError(): Json {
  const error = z.strictObject({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.enum(Object.keys(errorCatalogue)).meta({ description: "It never changes its meaning." }),
  });
  return toSchema(z.strictObject({ error }), "output");
}
