import { type Break, type Comparison, compareSchemas, type Schema, type Side } from "./compare-schemas.ts";

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument extends Json {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Json>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

type Bodies = Readonly<Record<string, { readonly schema?: Schema }>>;

const methods = ["get", "post", "put", "patch", "delete"];

/** What of a changed API a client of the older document would trip over. */
export function findBreaks(before: OpenApiDocument, after: OpenApiDocument): readonly Break[] {
  const pair = new DocumentPair(before, after);
  const now = new Map(listOperations(after).map((each) => [each.place, each.operation]));
  return listOperations(before).flatMap(({ place, operation }) => {
    const next = now.get(place);
    return next === undefined ? [{ place, what: "it is gone" }] : compareOperations(operation, next, place, pair);
  });
}

/** What varies in a path may be called anything. */
function listOperations({ paths }: OpenApiDocument): { place: string; operation: Json }[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method] as Json | undefined;
      return operation === undefined
        ? []
        : [{ place: `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "{}")}`, operation }];
    }),
  );
}

class DocumentPair {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;

  constructor(before: OpenApiDocument, after: OpenApiDocument) {
    this.before = before;
    this.after = after;
  }

  compare(old: Schema, now: Schema, place: string, side: Side, more: Partial<Comparison> = {}): Break[] {
    return compareSchemas(old, now, place, {
      side,
      resolveBefore: (schema) => resolve(this.before, schema) as Schema,
      resolveAfter: (schema) => resolve(this.after, schema) as Schema,
      ...more,
    });
  }
}

function resolve(document: OpenApiDocument, value: unknown): unknown {
  let found = value;
  for (let hops = 0; hops < 100; hops += 1) {
    const reference: unknown = typeof found === "object" && found !== null ? Reflect.get(found, "$ref") : undefined;
    if (typeof reference !== "string") return found;
    found = reference
      .slice(2)
      .split("/")
      .reduce<unknown>(
        (at, name) => (at as Json | undefined)?.[name.replaceAll("~1", "/").replaceAll("~0", "~")],
        document,
      );
  }
  throw new Error("a reference goes round in the document");
}

function compareOperations(before: Json, after: Json, place: string, pair: DocumentPair): Break[] {
  const breaks: Break[] = [];
  const tell = (what: string): void => void breaks.push({ place, what });
  if (before["operationId"] !== after["operationId"]) {
    tell(`the operation ${String(before["operationId"])} is called ${String(after["operationId"])} now`);
  }
  if (isOpen(before) && !isOpen(after)) tell("it needs a key now");
  if (after["x-scope"] !== undefined && before["x-scope"] !== after["x-scope"]) {
    tell(`the key needs the scope ${String(after["x-scope"])} now`);
  }
  return [
    ...breaks,
    ...compareParameters(before, after, place, pair),
    ...compareRequestBodies(before, after, place, pair),
    ...compareAnswers(before, after, place, pair),
    ...compareFrames(before, after, place, pair),
  ];
}

function isOpen({ security }: Json): boolean {
  return Array.isArray(security) && security.length === 0;
}

function compareParameters(before: Json, after: Json, place: string, pair: DocumentPair): Break[] {
  const [old, now] = [readParameters(pair.before, before), readParameters(pair.after, after)];
  const breaks: Break[] = [];
  for (const [key, { schema = true }] of old) {
    const next = now.get(key);
    if (next === undefined) breaks.push({ place: `${place} ${key}`, what: "it is not taken any more" });
    else breaks.push(...pair.compare(schema, next.schema ?? true, `${place} ${key}`, "input"));
  }
  for (const [key, { required }] of now) {
    if (required === true && old.get(key)?.required !== true) {
      breaks.push({ place: `${place} ${key}`, what: "it must be there now" });
    }
  }
  return breaks;
}

/** By where they stand and their names; those of the path are told by the path. */
function readParameters(document: OpenApiDocument, operation: Json): ReadonlyMap<string, Parameter> {
  const given = ((operation["parameters"] ?? []) as unknown[]).map((each) => resolve(document, each) as Parameter);
  return new Map(given.filter((each) => each.in !== "path").map((each) => [`${each.in} ${each.name}`, each]));
}

function compareRequestBodies(before: Json, after: Json, place: string, pair: DocumentPair): Break[] {
  const at = `${place} body`;
  const [old, now] = [
    resolve(pair.before, before["requestBody"]) as Json | undefined,
    resolve(pair.after, after["requestBody"]) as Json | undefined,
  ];
  const mustBe = now?.["required"] === true && old?.["required"] !== true;
  const required = mustBe ? [{ place: at, what: "it must be there now" }] : [];
  if (old === undefined) return required;
  if (now === undefined) return [{ place: at, what: "it is not taken any more" }];
  return [...required, ...compareBodies(old["content"] as Bodies, now["content"] as Bodies, at, "input", pair)];
}

function compareBodies(
  old: Bodies = {},
  now: Bodies = {},
  place: string,
  side: Side,
  pair: DocumentPair,
  more: Partial<Comparison> = {},
): Break[] {
  return Object.entries(old).flatMap(([type, { schema = true }]) => {
    const next = now[type];
    if (next === undefined) return [{ place, what: `${type} is gone` }];
    return pair.compare(schema, next.schema ?? true, place, side, more);
  });
}

function compareAnswers(before: Json, after: Json, place: string, pair: DocumentPair): Break[] {
  const [old, now] = [readAnswers(pair.before, before), readAnswers(pair.after, after)];
  const fresh = [...now.keys()].filter((status) => /^[123]/.test(status) && !old.has(status));
  const breaks: Break[] = fresh.map((status) => ({ place, what: `it may answer ${status} now` }));
  for (const [status, answer] of old) {
    const at = `${place} ${status}`;
    const isError = !/^[123]/.test(status);
    const next = now.get(status) ?? (isError ? now.get("default") : undefined);
    if (next === undefined) {
      if (!isError) breaks.push({ place, what: `it does not answer ${status} any more` });
      continue;
    }
    const headers = Object.keys((answer["headers"] ?? {}) as Json);
    const left = (next["headers"] ?? {}) as Json;
    for (const name of headers)
      if (left[name] === undefined) breaks.push({ place: at, what: `the header ${name} is gone` });
    // Codes of errors may be added: clients are told so.
    const more = isError ? { mayGrow: true } : {};
    breaks.push(...compareBodies(answer["content"] as Bodies, next["content"] as Bodies, at, "answer", pair, more));
  }
  return breaks;
}

function readAnswers(document: OpenApiDocument, operation: Json): ReadonlyMap<string, Json> {
  const given = Object.entries((operation["responses"] ?? {}) as Json);
  return new Map(given.map(([status, answer]) => [status, resolve(document, answer) as Json]));
}

function compareFrames(before: Json, after: Json, place: string, pair: DocumentPair): Break[] {
  const old = before["x-websocket"] as { client: Schema; server: Schema } | undefined;
  const now = after["x-websocket"] as { client: Schema; server: Schema } | undefined;
  if (old === undefined) return [];
  if (now === undefined) return [{ place, what: "the connection is not taken over any more" }];
  return [
    ...pair.compare(old.client, now.client, `${place} frames sent`, "input"),
    ...pair.compare(old.server, now.server, `${place} frames told`, "answer"),
  ];
}
