import { describeErrors, errorSchemas } from "./error-answers.ts";
import { describeRoute, toDocumentPath } from "./describe-route.ts";
import { describedRoutes, tags } from "./described-routes.ts";
import { createSchemaCollector, type Json } from "./schema-collector.ts";
import { nameSchemas } from "./schema-names.ts";

const words = [
  "Coding-agent CLIs as a service: the real Claude Code behind one port that speaks the dialects clients already have.",
  "A key goes into `authorization: Bearer KEY` or `x-api-key: KEY`. Every answer has an `x-request-id`.",
  "Errors come in the dialect of their address; in Anthropic's wherever the header `anthropic-version` is sent. Their codes are those of one catalogue, and `x-should-retry` says whether the same request may succeed later.",
  "Answers may get more fields at any time.",
];

/**
 * The OpenAPI 3.1 document of the whole API, made of the schemas that check requests. `version` is the program's. Takes a good
 * tenth of a second.
 */
export function createOpenApiDocument(version: string): Json {
  const collector = createSchemaCollector(nameSchemas(describedRoutes));
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(describedRoutes)) {
    const path = toDocumentPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(name, route, collector) };
  }
  const requestId = { "x-request-id": { $ref: "#/components/headers/RequestId" } };
  const errors = describeErrors((dialect) => collector.convert(errorSchemas[dialect], "answer"), {
    ...requestId,
    "x-should-retry": { $ref: "#/components/headers/ShouldRetry" },
  });
  const settled = collector.settle({ paths, responses: errors });
  return {
    openapi: "3.1.0",
    info: { title: "Gantry", version, description: words.join("\n\n"), license: { name: "MIT", identifier: "MIT" } },
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths: settled.document["paths"],
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
      },
      parameters: {
        RequestId: {
          name: "x-request-id",
          in: "header",
          required: false,
          description: "The client's own id of the request; made where it is missing.",
          schema: { type: "string", pattern: "^[\\w.:-]{1,128}$" },
        },
        IdempotencyKey: {
          name: "idempotency-key",
          in: "header",
          required: false,
          description: "A request that is sent twice under one key is done once, and answered twice.",
          schema: { type: "string", minLength: 1, maxLength: 255 },
        },
      },
      headers: {
        RequestId: { description: "The id under which the request is in the log.", schema: { type: "string" } },
        ShouldRetry: {
          description: "Whether the same request may succeed when it is sent again.",
          schema: { type: "string", enum: ["true", "false"] },
        },
      },
      responses: settled.document["responses"],
      schemas: settled.schemas,
    },
  };
}
