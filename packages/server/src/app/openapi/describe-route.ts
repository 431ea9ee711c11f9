import { z } from "zod";
import { dialectOf } from "../../adapters/http/error-dialect.ts";
import { isOpenPath } from "../../adapters/http/open-paths.ts";
import type { Content, DescribedRoute } from "./described-route.ts";
import { errorStatuses, toErrorName } from "./error-answers.ts";
import type { Json, SchemaCollector } from "./schema-collector.ts";

/** With what varies in braces, as the document writes it. */
export function toDocumentPath(path: string): string {
  return path.replaceAll(/[:*](\w+)/g, "{$1}");
}

/** A route as an operation of the document. */
export function describeRoute(name: string, route: DescribedRoute, schemas: SchemaCollector): Json {
  const { tag, summary, access, path } = route;
  const isOpen = isOpenPath(path);
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...describeWords(route, isOpen),
    ...(isOpen && { security: [] }),
    parameters: describeParameters(route, schemas),
    ...describeBody(route, schemas),
    responses: { ...describeAnswers(route, schemas), ...describeRefusals(route, isOpen) },
    ...(route.frames !== undefined && {
      "x-websocket": {
        client: schemas.convert(route.frames.client, "lenient"),
        server: schemas.convert(route.frames.server, "answer"),
      },
    }),
    ...(!isOpen && access !== "any" && { "x-scope": access }),
  };
}

function describeWords({ description, access, isLenient, body }: DescribedRoute, isOpen: boolean): Json {
  const words = [
    description,
    isOpen ? "Needs no key." : access === "any" ? undefined : `For keys with the scope \`${access}\`.`,
    isLenient === true && body !== undefined
      ? "Fields that are not known are named in the header `x-gantry-ignored`."
      : undefined,
  ].filter((each) => each !== undefined);
  return words.length === 0 ? {} : { description: words.join("\n\n") };
}

function describeParameters(route: DescribedRoute, schemas: SchemaCollector): Json[] {
  const inPath = [...route.path.matchAll(/[:*](\w+)/g)].map(([, name]) => {
    return { name, in: "path", required: true, schema: { type: "string" } };
  });
  const inQuery = Object.entries(route.query?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = schemas.convert(field as z.ZodType, "strict");
    const required = !z.safeParse(field, undefined).success;
    return { name, in: "query", required, ...(description !== undefined && { description }), schema };
  });
  const inHeaders = Object.entries(route.headers ?? {}).map(([name, description]) => {
    return { name, in: "header", required: false, description, schema: { type: "string" } };
  });
  return [
    ...inPath,
    ...inQuery,
    ...inHeaders,
    ...(route.goesByKey === true ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
    { $ref: "#/components/parameters/RequestId" },
  ];
}

function describeBody({ body, isLenient }: DescribedRoute, schemas: SchemaCollector): Json {
  if (body === undefined) return {};
  const schema = schemas.convert(body.schema, isLenient === true ? "lenient" : "strict");
  const example = body.example === undefined ? {} : { example: body.example };
  // A body that may be left out is one that may be empty.
  const required = !body.schema.safeParse({}).success;
  return { requestBody: { required, content: { [body.type]: { schema, ...example } } } };
}

const headers = { "x-request-id": { $ref: "#/components/headers/RequestId" } };

function describeAnswers({ answers }: DescribedRoute, schemas: SchemaCollector): Json {
  const described = Object.entries(answers).map(([status, contents]) => {
    const content = Object.fromEntries(
      Object.entries(contents).map(([type, what]) => [type, { schema: toSchema(what, schemas) }]),
    );
    const words = descriptions[status] ?? "Done.";
    const isEmpty = Object.keys(content).length === 0;
    return [status, { description: words, headers, ...(!isEmpty && { content }) }] as const;
  });
  return Object.fromEntries(described);
}

const descriptions: Readonly<Record<string, string>> = {
  101: "The connection is a WebSocket from here on; `x-websocket` has the frames.",
  202: "Begun, and not over yet.",
  204: "Done; there is nothing to tell.",
  304: "It is what the client has.",
  503: "Not now.",
};

function toSchema(what: Content, schemas: SchemaCollector): Json {
  if (what === "text") return { type: "string" };
  if (what === "bytes") return { type: "string", format: "binary" };
  return schemas.convert(what, "answer");
}

function describeRefusals(route: DescribedRoute, isOpen: boolean): Json {
  const dialect = dialectOf(route.path);
  const refer = (status?: number) => ({ $ref: `#/components/responses/${toErrorName(dialect, status)}` });
  const statuses = errorStatuses(route, dialect, isOpen).filter((status) => route.answers[status] === undefined);
  return { ...Object.fromEntries(statuses.map((status) => [status, refer(status)])), default: refer() };
}
