import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyInstance } from "fastify";
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isUnserved } from "../../adapters/http/managed/unserved-routes.ts";
import { createSocketEndpoints } from "../../adapters/http/socket-endpoints.ts";
import { startTestServer } from "../../adapters/http/test-server.ts";
import { readGantryVersion } from "../version.ts";
import { createOpenApiDocument } from "./create-openapi-document.ts";
import { describedRoutes, tags } from "./described-routes.ts";

interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly $ref?: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

const document = createOpenApiDocument(readGantryVersion()) as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};
const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

/** What varies, by any name. */
const toShape = (path: string) => path.replaceAll(/\{\w+\}|:\w+|\*/g, "{}");

test("every route that the server registers is in the document, and the other way round", async (t) => {
  const registered: string[] = [];
  const watch = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance };
    fastify.addHook("onRoute", ({ method, url }) => {
      for (const one of [method].flat()) registered.push(`${one} ${url}`);
    });
  };
  // The framework tells of each of its servers before anything is registered there.
  subscribe("fastify.initialization", watch);
  const started = startTestServer(t, () => assert.fail("nothing is asked"));
  unsubscribe("fastify.initialization", watch);
  await started;
  assert.ok(registered.length > 100);
  const served = registered
    .filter((route) => !route.startsWith("HEAD ") && !isUnserved(route.split(" ")[1] ?? ""))
    .map((route) => toShape(route));
  const told = documented
    .filter(({ operation }) => describedRoutes[operation.operationId]?.frames === undefined)
    .map(({ method, path }) => toShape(`${method} ${path}`));
  assert.deepEqual(told.toSorted(), served.toSorted());
});

test("every address of a socket is in the document, and the other way round", () => {
  const parts = { managed: {}, chat: {} } as Parameters<typeof createSocketEndpoints>[0];
  const addresses = createSocketEndpoints(parts, () => () => {}).map(({ address }) => address);
  const sockets = documented.filter(({ operation }) => operation.responses["101"] !== undefined);
  const matched = sockets.map(({ path }) => addresses.filter((each) => each.test(path.replaceAll(/[{}]/g, ""))));
  assert.deepEqual(
    matched.map((found) => found.length),
    addresses.map(() => 1),
  );
  assert.equal(new Set(matched.flat()).size, addresses.length);
});

test("the document is valid", async () => {
  const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
  assert.deepEqual(result.errors, undefined);
  assert.equal(result.valid, true);
  assert.doesNotMatch(JSON.stringify(document), /\$schema|\$defs|~standard|#named/);
});

test("each operation has a name of its own, a known tag, a sentence, and what varies in its path", () => {
  const names = documented.map(({ operation }) => operation.operationId);
  assert.equal(new Set(names).size, names.length);
  for (const { path, operation } of documented) {
    assert.match(operation.summary, /^[A-Z][^]*\.$/, operation.operationId);
    assert.deepEqual(
      operation.tags.filter((tag) => !Object.hasOwn(tags, tag)),
      [],
    );
    const inPath = operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`);
    assert.deepEqual(inPath, path.match(/\{\w+\}/g) ?? []);
    assert.ok(operation.parameters.some(({ $ref }) => $ref === "#/components/parameters/RequestId"));
  }
});

test("what is open without a key says so, and nothing else", () => {
  const open = documented.filter(({ operation }) => operation.security !== undefined);
  assert.deepEqual(open.map(({ method, path }) => `${method} ${path}`).toSorted(), [
    "GET /compat/koine/health",
    "GET /docs",
    "GET /docs/{file}",
    "GET /health",
    "GET /openapi.json",
    "GET /ready",
    "GET /v1/interactions/answer",
    "POST /v1/interactions/answer",
  ]);
});

test("each example fits its schema", () => {
  const examples = Object.entries(describedRoutes).filter(([, { body }]) => body?.example !== undefined);
  assert.ok(examples.length > 15);
  for (const [name, { body }] of examples) {
    const read = body?.schema.safeParse(body.example);
    assert.deepEqual(read?.error?.issues ?? [], [], name);
  }
});

test("what clients know by a name is a component, under one name for both sides where these are the same", () => {
  const names = new Set(Object.keys(document.components.schemas));
  for (const name of ["ChatCompletion", "Message", "Response", "Task", "Session", "ApiKey", "OpenAiError"]) {
    assert.ok(names.has(name), name);
  }
  const doubled = [...names].filter((name) => names.has(`${name}Input`) || names.has(`${name}StrictInput`));
  const text = (name: string) => JSON.stringify(document.components.schemas[name]);
  for (const name of doubled) assert.notEqual(text(name), text(`${name}Input`), name);
});

test("docs/openapi.json is the document as it is now", async () => {
  const file = join(import.meta.dirname, "..", "..", "..", "..", "..", "docs", "openapi.json");
  const committed: unknown = JSON.parse(await readFile(file, "utf8"));
  assert.deepEqual(document, committed, "the API has changed: make docs/openapi.json again with `npm run openapi`");
});
