import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Admin, callApi, createAdmin, readApi } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatTarget } from "../harness/chat.ts";
import { eventually } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const toBody = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: "user", content: "[[demo:say hello]]" }],
  ...more,
});
const hello = toBody("haiku");

async function listModels(target: ChatTarget): Promise<readonly string[]> {
  const { data } = await readApi<{ data: { id: string }[] }>(target, "GET", "/v1/models");
  return data.map(({ id }) => id);
}

describe("what a key may do", () => {
  let gantry: Gantry;
  let admin: Admin;
  before(async () => {
    gantry = await startGantry({ env: { GANTRY_MIN_READY: "0" } });
    admin = createAdmin(gantry);
  });
  after(() => gantry.stop());

  test("a key without the scope for inference may ask no model, and is told so", async () => {
    const key = await admin.createKey({ scopes: ["tasks", "admin"] });
    for (const stream of [false, true]) {
      const reply = await chat(key, toBody("haiku", { stream }));
      assertChatError(reply, "insufficient_scope");
      assert.match(reply.error?.message ?? "", /"inference".*: tasks, admin\.$/);
    }
    assert.deepEqual(await admin.listUsage({ key_id: key.id }), []);
  });

  test("a profile says whether images may be named by their address", async () => {
    const profile = { name: "inline", allowedModels: ["*"], contentUrls: false };
    assert.equal((await admin.call("POST", "/v1/admin/profiles", profile)).status, 201);
    const url = "https://example.com/a.png";
    const parts = [
      { type: "image_url", image_url: { url } },
      { type: "text", text: "[[demo:say hello]]" },
    ];
    const body = toBody("haiku", { messages: [{ role: "user", content: parts }] });
    const refused = await chat(await admin.createKey({ profile: "inline" }), body);
    assertChatError(refused, "forbidden");
    assert.equal((await ask(await admin.createKey(), body)).text, "hello");
  });

  test("what is for administrators takes a key with the scope admin", async () => {
    const plain = await admin.createKey({ scopes: ["inference", "tasks", "sessions", "approve"] });
    type Document = { paths: Record<string, Record<string, { description?: string }>> };
    const { paths } = await readApi<Document>(gantry, "GET", "/openapi.json");
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { description = "" }]) => ({ path, method, description })),
    );
    const guarded = operations.filter(({ description }) => description.includes("`admin`"));
    const bound = operations.filter(({ path }) => /^\/(metrics$|v1\/(admin|audit|organizations))/.test(path));
    assert.ok(bound.length > 20);
    assert.deepEqual(guarded, bound);
    for (const { path, method } of guarded) {
      const body = method === "get" || method === "delete" ? undefined : { nonsense: true };
      const reply = await callApi(plain, method.toUpperCase(), path.replaceAll(/\{\w+\}/g, "x"), body);
      assert.deepEqual([reply.status, reply.error?.code], [403, "insufficient_scope"], `${method} ${path}`);
    }
    const other = await admin.createKey({ scopes: ["admin"] });
    assert.equal((await callApi(other, "GET", "/v1/admin/keys")).status, 200);
  });

  test("what a policy refuses is in the audit, by the key that tried it", async () => {
    const key = await admin.createKey({ profile: "free" });
    assertChatError(await chat(key, toBody("opus")), "forbidden");
    assert.equal((await callApi(key, "GET", "/v1/admin/keys")).status, 403);
    const read = () => admin.readAudit({ actor: key.id, action: "request.refused" });
    await eventually(async () => (await read()).length === 2, "both refusals are in the audit");
    assert.deepEqual(
      (await read()).map(({ target, result, policy, detail }) => [target, result, policy, detail?.split(" ")[0]]),
      [
        ["POST /v1/chat/completions", "refused", "free@1", "forbidden"],
        ["GET /v1/admin/keys", "refused", "free@1", "insufficient_scope"],
      ],
    );
  });

  test("another project's usage is not there for a key, and is for an administrator", async () => {
    const [mine, other] = [await admin.createProject(), await admin.createProject()];
    const key = await admin.createKey({ projectId: mine.id });
    const administrator = await admin.createKey({ projectId: mine.id, scopes: ["admin"] });
    const read = async (who: ChatTarget, project: string) => {
      const { status, error } = await callApi(who, "GET", `/v1/usage?project_id=${project}`);
      return error === undefined ? status : `${status} ${error.code}`;
    };
    assert.equal(await read(key, mine.id), 200);
    assert.equal(await read(administrator, other.id), 200);
    for (const hidden of [other.id, other.name, "prj_default", "prj_none"]) {
      assert.equal(await read(key, hidden), "404 not_found", hidden);
    }
  });

  test("a profile decides which models a key may ask, and sees", async () => {
    const free = await admin.createKey({ profile: "free" });
    assert.ok((await listModels(gantry)).includes("sonnet"));
    const seen = await listModels(free);
    assert.ok(seen.includes("haiku"));
    assert.ok(seen.every((id) => id.includes("haiku")));
    const { data } = await fetch(`${gantry.url}/v1/models`, {
      headers: { "x-api-key": free.key, "anthropic-version": "2023-06-01" },
    }).then((response) => response.json() as Promise<{ data: { id: string }[] }>);
    assert.ok(data.length > 0 && data.every(({ id }) => id.includes("haiku")));
    assert.equal((await callApi(free, "GET", "/v1/models/sonnet")).error?.code, "model_not_found");

    assert.equal((await ask(free, hello)).text, "hello");
    for (const model of ["sonnet", "claude-sonnet-5-5", "opus"]) {
      const reply = await chat(free, toBody(model));
      assertChatError(reply, "forbidden");
      assert.equal(reply.error?.param, "model");
    }
    const rows = await admin.listUsage({ key_id: free.id });
    assert.deepEqual(
      rows.map(({ profile, outcome }) => [profile, outcome]),
      [["free@1", "completed"]],
    );
  });

  test("a profile of one's own permits what it names, and its next version holds for its keys at once", async () => {
    const put = (input: object) => readApi(gantry, "PUT", "/v1/admin/profiles/reader", input);
    await put({});
    const key = await admin.createKey({ profile: "reader" });
    assert.deepEqual(await listModels(key), []);
    for (const model of ["haiku", "auto"]) assertChatError(await chat(key, toBody(model)), "forbidden");
    await put({ allowedModels: ["haiku"] });
    await eventually(async () => (await chat(key, hello)).status === 200, "the next version holds");
    const [row] = await admin.listUsage({ key_id: key.id });
    assert.equal(row?.profile, "reader@2");
  });
});
