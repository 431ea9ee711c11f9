import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import assert from "node:assert/strict";

type Json = Record<string, unknown>;

export interface ServedDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** Asserts that an answer is what the document says of its operation. */
export type CheckAnswer = (method: string, path: string, answer: Response, body: string) => string;

/**
 * Checks answers against a server's own document, where nothing may be that it does not tell of: to clients an answer may have
 * more fields than that, to us each of them is one that was forgotten. Gives the name of the operation.
 */
export function createAnswerChecker(served: ServedDocument): CheckAnswer {
  const document = close(served) as ServedDocument;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "api", ...document });
  const routes = Object.entries(document.paths).map(([path, methods]) => {
    const pattern = path
      .replaceAll(/[.]/g, "\\.")
      .replaceAll("{model}", ".+")
      .replaceAll(/\{\w+\}/g, "[^/]+");
    return { path, methods, pattern: new RegExp(`^${pattern}$`), variable: (path.match(/\{/g) ?? []).length };
  });

  function findSchema(pointer: readonly string[]): ValidateFunction {
    const address = pointer.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")));
    return ajv.compile({ $ref: `api#/${address.join("/")}` });
  }

  return (method, url, answer, body) => {
    const address = url.split("?")[0] ?? "";
    // An address without anything that varies goes before one that has it.
    const found = routes
      .filter(({ pattern, methods }) => pattern.test(address) && method.toLowerCase() in methods)
      .toSorted((a, b) => a.variable - b.variable)[0];
    assert.ok(found, `${method} ${url} is not in the document`);
    const operation = found.methods[method.toLowerCase()] as { operationId: string; responses: Json };
    const place = `${method} ${url} ${answer.status}`;
    const { responses } = operation;
    const status = String(answer.status) in responses ? String(answer.status) : answer.ok ? undefined : "default";
    assert.ok(status, `${place}: the status is not in the document`);
    assert.ok(answer.headers.get("x-request-id"), `${place}: it has no x-request-id`);
    const told = responses[status] as { $ref?: string; content?: Json };
    const pointer = told.$ref?.slice(2).split("/") ?? ["paths", found.path, method.toLowerCase(), "responses", status];
    const content = (told.$ref === undefined ? told : (resolve(document, pointer) as typeof told)).content ?? {};
    const type = answer.headers.get("content-type")?.split(";")[0]?.trim();
    if (type === undefined) assert.deepEqual(content, {}, place);
    else {
      assert.ok(type in content, `${place}: ${type} is not in the document`);
      const validate = findSchema([...pointer, "content", type, "schema"]);
      for (const value of readBodies(type, body)) {
        assert.ok(
          validate(value),
          `${place}: ${JSON.stringify(validate.errors?.slice(0, 8))} in ${JSON.stringify(value)}`,
        );
      }
    }
    return operation.operationId;
  };
}

function resolve(document: object, pointer: readonly string[]): unknown {
  return pointer.reduce<unknown>((at, name) => (at as Json)[name], document);
}

/** Of a stream the data of each event. */
function readBodies(type: string, body: string): readonly unknown[] {
  if (type === "application/json") return [JSON.parse(body)];
  if (type !== "text/event-stream") return [body];
  const data = [...body.matchAll(/^data: (.*)$/gm)].map(([, line = ""]) => line).filter((line) => line !== "[DONE]");
  assert.ok(data.length > 0, "the stream has no event");
  return data.map((line) => JSON.parse(line) as unknown);
}

/** No object may have fields that are not told of, but for those that say they may. */
function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== "object" || value === null) return value;
  const closed = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, close(each)]));
  const isOpen = closed["type"] === "object" && "properties" in closed && !("additionalProperties" in closed);
  return isOpen ? { ...closed, additionalProperties: false } : closed;
}
