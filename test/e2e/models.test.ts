import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, chat } from "../harness/chat.ts";
import { user } from "../harness/conversation.ts";
import { askForEcho } from "../harness/echo.ts";
import { forEachVersion, type VersionSuite } from "../harness/for-each-version.ts";

const messages = [user("[[demo:echo]]")];
const anthropic = { "anthropic-version": "2023-06-01" };

async function get({ gantry }: VersionSuite, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(gantry.url + path, { headers: { authorization: `Bearer ${gantry.key}`, ...headers } });
  const body: unknown = await response.json();
  return { status: response.status, body };
}

/** The ids of a list in either shape. */
function idsOf(body: unknown): readonly string[] {
  assert.ok(typeof body === "object" && body !== null && "data" in body && Array.isArray(body.data));
  return body.data.map(({ id }: { readonly id: string }) => id);
}

forEachVersion({}, (suite) => {
  test("the list in OpenAI's shape holds aliases and full ids, each once and each usable", async () => {
    const { status, body } = await get(suite, "/v1/models");
    assert.equal(status, 200);
    const ids = idsOf(body);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(typeof body === "object" && body !== null && "object" in body && "data" in body);
    assert.equal(body.object, "list");
    assert.ok(Array.isArray(body.data));
    for (const entry of body.data) {
      assert.deepEqual(Object.keys(entry), ["id", "object", "created", "owned_by"]);
      assert.deepEqual([entry.object, entry.owned_by], ["model", "anthropic"]);
      assert.ok(Number.isSafeInteger(entry.created) && entry.created > 1_600_000_000);
    }
    for (const model of ids) {
      const { echo, reply } = await askForEcho(suite.gantry, suite.version, { model, messages });
      assert.equal(reply.completion?.model, echo.model, "the answer names the model that gave it");
    }
  });

  test("the list in Anthropic's shape holds the full ids alone", async () => {
    const openai = idsOf((await get(suite, "/v1/models")).body);
    const { status, body } = await get(suite, "/v1/models", anthropic);
    assert.equal(status, 200);
    const ids = idsOf(body);
    assert.ok(ids.length > 0 && ids.every((id) => openai.includes(id) && id.startsWith("claude-")), ids.join(", "));
    assert.ok(typeof body === "object" && body !== null && "data" in body && Array.isArray(body.data));
    assert.deepEqual({ ...body, data: [] }, { data: [], has_more: false, first_id: ids[0], last_id: ids.at(-1) });
    for (const entry of body.data) {
      assert.deepEqual(Object.keys(entry), ["type", "id", "display_name", "created_at"]);
      assert.equal(entry.type, "model");
      assert.match(entry.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.deepEqual(await get(suite, `/v1/models/${entry.id}`, anthropic), { status: 200, body: entry });
    }
  });

  test("an alias and its full id are the same model, the one the CLI calls", async () => {
    const full = idsOf((await get(suite, "/v1/models", anthropic)).body);
    for (const alias of ["haiku", "sonnet", "opus"]) {
      const { echo } = await askForEcho(suite.gantry, suite.version, { model: alias, messages });
      assert.match(echo.model, new RegExp(`^claude-${alias}-`));
      assert.ok(full.includes(echo.model), echo.model);
      const byId = await askForEcho(suite.gantry, suite.version, { model: echo.model, messages, stream: true });
      assert.equal(byId.echo.model, echo.model);
      assert.ok(byId.reply.chunks.every((chunk) => chunk.model === echo.model));
      const { body } = await get(suite, `/v1/models/${alias}`, anthropic);
      assert.ok(typeof body === "object" && body !== null && "id" in body);
      assert.equal(body.id, echo.model);
    }
  });

  test("a model that does not exist is a 404 before anything is sent upstream, whatever its name", async () => {
    const names = [
      "gpt-4o",
      "claude-nonsense-9",
      "Haiku",
      " haiku",
      "haiku ",
      "haiku\n",
      "default",
      "../haiku",
      "haiku/../sonnet",
      "--model",
      "/model haiku",
      "@/etc/passwd",
      "__proto__",
      "constructor",
      "ünï côdé 👋",
      "%2e%2e",
      "x".repeat(256),
    ];
    const before = suite.model.arrived;
    for (const model of names) {
      for (const stream of [false, true]) {
        const { status, error, headers } = await chat(suite.gantry, { model, messages, stream });
        assert.deepEqual(
          [status, error?.code, error?.param, error?.type],
          [404, "model_not_found", "model", "invalid_request_error"],
          model,
        );
        assert.match(error?.message ?? "", /haiku/, "it says what there is");
        assert.equal(headers.get("x-should-retry"), "false");
      }
    }
    assert.equal(suite.model.arrived, before);
    assert.equal((await ask(suite.gantry, { model: "haiku", messages: [user("[[demo:say ok]]")] })).text, "ok");
  });

  test("a model's page by a name that does not exist is a 404 in the client's shape, whatever its characters", async () => {
    const names = [
      "nope",
      "a/b/c",
      "a%2Fb",
      "%00",
      "%F0%9F%91%8B",
      "..%2f..%2fetc%2fpasswd",
      "__proto__",
      "x".repeat(400),
    ];
    for (const name of names) {
      const error = { type: "not_found_error", details: { error_code: "model_not_found" } };
      for (const [headers, expected] of [
        [{}, { error: { code: "model_not_found" } }],
        [anthropic, { type: "error", error }],
      ] as const) {
        const { status, body } = await get(suite, `/v1/models/${name}`, headers);
        assert.equal(status, 404, name);
        assert.partialDeepStrictEqual(body, expected, name);
        assert.doesNotMatch(JSON.stringify(body), /node_modules|\bat \S+:\d+/);
      }
    }
  });

  test("an empty, overlong or missing model is a 400 that names the field", async () => {
    for (const model of ["", "x".repeat(257), undefined, 5, ["haiku"], "\ud800"]) {
      const { status, error } = await chat(suite.gantry, { model, messages });
      assert.deepEqual([status, error?.code, error?.param], [400, "invalid_request", "model"], JSON.stringify(model));
    }
  });
});
