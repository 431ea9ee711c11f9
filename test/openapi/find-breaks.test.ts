import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { findBreaks, type OpenApiDocument } from "../../scripts/openapi/find-breaks.ts";

type Json = Record<string, unknown>;

const json = (schema: Json) => ({ content: { "application/json": { schema } } });
const text = { type: "string" };

/** A small API; each change is made on a copy of it. */
function createApi() {
  return {
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    paths: {
      "/things/{id}": {
        post: {
          operationId: "change",
          security: [] as Json[] | undefined,
          "x-scope": undefined as string | undefined,
          parameters: [
            { name: "id", in: "path", required: true, schema: text },
            { name: "limit", in: "query", required: false, schema: { type: "integer", maximum: 9 } },
            { $ref: "#/components/parameters/Trace" },
          ] as Json[],
          requestBody: { required: false, ...json({ $ref: "#/components/schemas/Input" }) } as Json | undefined,
          responses: {
            200: { headers: { etag: {} }, ...json({ $ref: "#/components/schemas/Thing" }) },
            default: json({ type: "object", properties: { code: { type: "string", enum: ["a"] } } }),
          } as Record<string, Json>,
        },
      } as Record<string, Json>,
      "/live": {
        get: {
          operationId: "live",
          responses: { 101: {} },
          "x-websocket": { client: text, server: { type: "string", enum: ["a"] } } as Json | undefined,
        },
      },
    },
    components: {
      parameters: { Trace: { name: "trace", in: "header", required: false, schema: text } as Json },
      schemas: {
        Input: { type: "object", properties: { name: text }, required: [] as string[] },
        Thing: { type: "object", properties: { id: text }, required: ["id"] },
      } as Record<string, Json>,
    },
  };
}
type Api = ReturnType<typeof createApi>;
type Post = {
  operationId: string;
  security?: Json[];
  parameters: Json[];
  requestBody?: Json;
  responses: Record<string, Json>;
  "x-scope"?: string;
};

function breaksOf(change: (api: Api, post: Post) => void): readonly string[] {
  const after = createApi();
  change(after, after.paths["/things/{id}"]["post"] as unknown as Post);
  const before = JSON.parse(JSON.stringify(createApi())) as OpenApiDocument;
  return findBreaks(before, JSON.parse(JSON.stringify(after)) as OpenApiDocument).map(
    ({ place, what }) => `${place}: ${what}`,
  );
}

const at = "POST /things/{}";
const limit: Json = { name: "limit", in: "query", schema: { type: "integer", maximum: 9 } };

describe("what breaks clients", () => {
  const broken: readonly (readonly [string, Parameters<typeof breaksOf>[0], string])[] = [
    ["a path that is gone", (api) => Reflect.deleteProperty(api.paths, "/live"), "GET /live: it is gone"],
    ["a method that is gone", (api) => Reflect.deleteProperty(api.paths["/things/{id}"], "post"), `${at}: it is gone`],
    ["another name", (_api, post) => (post.operationId = "alter"), `${at}: the operation change is called alter now`],
    ["a key that is needed", (_api, post) => delete post.security, `${at}: it needs a key now`],
    ["a scope that is needed", (_api, post) => (post["x-scope"] = "admin"), `${at}: the key needs the scope admin now`],
    [
      "a parameter that is gone",
      (_api, post) => post.parameters.splice(1, 1),
      `${at} query limit: it is not taken any more`,
    ],
    [
      "a parameter that must be there",
      (_api, post) => post.parameters.push({ name: "a", in: "query", required: true }),
      `${at} query a: it must be there now`,
    ],
    [
      "a shared parameter that must be there",
      (api) => (api.components.parameters.Trace["required"] = true),
      `${at} header trace: it must be there now`,
    ],
    [
      "a parameter that takes less",
      (_api, post) => (post.parameters[1] = { ...limit, schema: { type: "integer", maximum: 5 } }),
      `${at} query limit: narrowed: maximum 9 against 5`,
    ],
    [
      "a body that must be there",
      (_api, post) => (post.requestBody = { ...post.requestBody, required: true }),
      `${at} body: it must be there now`,
    ],
    ["a body that is gone", (_api, post) => delete post.requestBody, `${at} body: it is not taken any more`],
    [
      "another type of body",
      (_api, post) => (post.requestBody = { content: { "text/plain": {} } }),
      `${at} body: application/json is gone`,
    ],
    [
      "a field of the body that must be there",
      (api) => (api.components.schemas["Input"] = { type: "object", properties: { name: text }, required: ["name"] }),
      `${at} body.name: the field must be there now`,
    ],
    [
      "a field of the answer that is gone",
      (api) => (api.components.schemas["Thing"] = { type: "object", properties: {} }),
      `${at} 200.id: the field is gone`,
    ],
    [
      "another status",
      (_api, post) =>
        (post.responses = { ...post.responses, 200: undefined as never, 201: post.responses["200"] ?? {} }),
      `${at}: it may answer 201 now`,
    ],
    [
      "a header that is gone",
      (_api, post) => delete post.responses["200"]?.["headers"],
      `${at} 200: the header etag is gone`,
    ],
    [
      "an error in another form",
      (_api, post) => (post.responses["default"] = json({ type: "object" })),
      `${at} default.code: the field is gone`,
    ],
    [
      "a frame that clients do not know",
      (api) => (api.paths["/live"].get["x-websocket"] = { client: text, server: text }),
      'GET /live frames told: widened: any value is now possible, of "a"',
    ],
    [
      "a socket that is none any more",
      (api) => (api.paths["/live"].get["x-websocket"] = undefined),
      "GET /live: the connection is not taken over any more",
    ],
  ];
  for (const [name, change, expected] of broken) {
    test(name, () => {
      const found = breaksOf(change);
      assert.ok(found.includes(expected), found.join("\n"));
    });
  }
});

describe("what breaks nobody", () => {
  const harmless: readonly (readonly [string, Parameters<typeof breaksOf>[0]])[] = [
    ["nothing", () => {}],
    ["a path more", (api) => Object.assign(api.paths, { "/more": { get: { operationId: "more", responses: {} } } })],
    [
      "another name of what varies in a path",
      (api) => {
        const { "/things/{id}": things, ...rest } = api.paths;
        api.paths = { ...rest, "/things/{thing}": things } as unknown as Api["paths"];
      },
    ],
    ["a parameter more", (_api, post) => post.parameters.push({ name: "a", in: "query", schema: text })],
    ["a parameter that takes more", (_api, post) => (post.parameters[1] = { ...limit, schema: { type: "integer" } })],
    [
      "a field of the body more",
      (api) => (api.components.schemas["Input"] = { type: "object", properties: { name: text, more: text } }),
    ],
    [
      "a field of the answer more",
      (api) =>
        (api.components.schemas["Thing"] = { type: "object", properties: { id: text, more: text }, required: ["id"] }),
    ],
    [
      "a code of an error more",
      (_api, post) =>
        (post.responses["default"] = json({
          type: "object",
          properties: { code: { type: "string", enum: ["a", "b"] } },
        })),
    ],
    [
      "an error that is told by its own status",
      (_api, post) => (post.responses["404"] = post.responses["default"] ?? {}),
    ],
    ["another sentence", (_api, post) => Object.assign(post, { summary: "Other words.", tags: ["other"] })],
  ];
  for (const [name, change] of harmless) test(name, () => assert.deepEqual(breaksOf(change), []));
});

test("the API as it is breaks no client of the last release", async () => {
  const read = async (name: string) =>
    JSON.parse(await readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8")) as OpenApiDocument;
  const found = findBreaks(await read("openapi/released.json"), await read("openapi.json"));
  const words =
    "This breaks clients of the last release. Where it is meant, say so in CHANGELOG.md and run `npm run openapi -- --release`:";
  assert.deepEqual(found, [], `${words}\n${found.map(({ place, what }) => `${place}: ${what}`).join("\n")}`);
});
