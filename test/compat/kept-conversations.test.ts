import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Admin, createAdmin, type MadeKey } from "../harness/admin.ts";
import { ask, chat } from "../harness/chat.ts";
import { waitUntilNone } from "../harness/processes.ts";
import { readEvents } from "../harness/read-events.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { at } from "./start-compat.ts";

// Conversations that the server keeps for those who do not send them again: `x-gantry-session`, and Koine's `sessionId`.

let gantry: Gantry;
let admin: Admin;
let key: MadeKey;
let data: string;
before(async () => {
  data = await mkdtemp(join(tmpdir(), "gantry-kept-"));
  gantry = await startGantry({ data });
  admin = createAdmin(gantry);
  key = await admin.createKey();
});
after(async () => {
  await gantry.stop();
  await rm(data, { recursive: true });
});

const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  messages: [{ role: "user", content }],
  ...more,
});
const inSession = (name: string) => ({ headers: { "x-gantry-session": name } });

async function end(path: string): Promise<number> {
  const headers = { authorization: `Bearer ${key.key}` };
  return (await fetch(`${gantry.url}/v1/chat/sessions/${path}`, { method: "DELETE", headers })).status;
}

describe("x-gantry-session", () => {
  test("a conversation goes on in its process, for its key alone, and until it is deleted", async () => {
    await ask(key, toBody("[[demo:say first answer]]"), inSession("talk"));
    const next = await ask(key, toBody("[[demo:echo]]", { stream: true }), inSession("talk"));
    assert.match(next.text, /first answer/);
    assert.equal(next.headers.get("x-gantry-process"), "same-conversation");
    const other = await ask(await admin.createKey(), toBody("[[demo:echo]]"), inSession("talk"));
    assert.doesNotMatch(other.text, /first answer/);
    assert.equal(await end("talk"), 200);
    assert.equal(await end("talk"), 404);
    assert.doesNotMatch((await ask(key, toBody("[[demo:echo]]"), inSession("talk"))).text, /first answer/);
  });

  test("a client that sends its conversation all the same is believed", async () => {
    await ask(key, toBody("[[demo:say kept answer]]"), inSession("resent"));
    const messages = [
      { role: "user", content: "hello" },
      { role: "assistant", content: "own answer" },
      { role: "user", content: "[[demo:echo]]" },
    ];
    const { text } = await ask(key, { model: "haiku", messages }, inSession("resent"));
    assert.match(text, /own answer/);
    assert.doesNotMatch(text, /kept answer/);
    assert.match((await ask(key, toBody("[[demo:echo]]"), inSession("resent"))).text, /own answer/);
  });

  test("`user` names it where that is asked for, and never else", async () => {
    const user = { user: "ada@example.com" };
    const first = await ask(key, toBody("[[demo:say for ada]]", user), inSession("user"));
    assert.equal(first.headers.get("x-gantry-ignored"), null);
    assert.match((await ask(key, toBody("[[demo:echo]]", user), inSession("user"))).text, /for ada/);
    assert.doesNotMatch((await ask(key, toBody("[[demo:echo]]", user))).text, /for ada/);
    const missing = await chat(key, toBody("x"), inSession("user"));
    assert.deepEqual([missing.status, missing.error?.param], [400, "user"]);
    assert.equal(await end(`user/${encodeURIComponent("ada@example.com")}`), 200);
  });

  test("a second request at the same time is refused, a failed turn leaves the conversation as it was", async () => {
    await ask(key, toBody("[[demo:say before]]"), inSession("busy"));
    const leaving = new AbortController();
    const headers = inSession("busy").headers;
    const open = await fetch(`${gantry.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key.key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(toBody("[[demo:hang 3]]", { stream: true })),
      signal: leaving.signal,
    });
    assert.equal(open.status, 200);
    const second = await chat(key, toBody("x"), inSession("busy"));
    assert.deepEqual([second.status, second.error?.code], [409, "conflict"]);
    leaving.abort();
    for (;;) {
      const { status, text } = await chat(key, toBody("[[demo:echo]]"), inSession("busy"));
      if (status === 409) continue;
      assert.match(text, /before/);
      assert.doesNotMatch(text, /demo:hang/);
      break;
    }
  });

  test("a name that is none is refused", async () => {
    for (const name of ["a b", "x".repeat(201), "ä"]) {
      const { status, error } = await chat(key, toBody("x"), inSession(encodeURI(name).slice(0, 201)));
      assert.deepEqual([status, error?.param], [400, "x-gantry-session"], name);
    }
  });
});

describe("Koine's routes", () => {
  const post = (path: string, body: object, token = key.key) =>
    fetch(`${gantry.url}/compat/koine/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  test("a text, and the next one in its session", async () => {
    const first = await post("generate-text", { prompt: "[[demo:say one]]", system: "Be short.", maxTokens: 9 });
    const body: unknown = await first.json();
    const sessionId = at(body, "sessionId");
    assert.equal(at(body, "text"), "one");
    const [input, output, total] = ["input", "output", "total"].map((kind) => Number(at(body, `usage.${kind}Tokens`)));
    assert.equal((input ?? 0) + (output ?? 0), total);
    const next = await post("generate-text", { prompt: "[[demo:echo]]", sessionId });
    const told: unknown = await next.json();
    assert.match(String(at(told, "text")), /Be short\.[^]*one/);
    assert.equal(at(told, "sessionId"), sessionId);
    const stranger = await post("generate-text", { prompt: "x", sessionId }, (await admin.createKey()).key);
    assert.equal(stranger.status, 400);
    assert.partialDeepStrictEqual(await stranger.json(), { code: "VALIDATION_ERROR", rawText: "sessionId" });
  });

  test("a stream of text", async () => {
    const response = await post("stream", { prompt: "[[demo:say one two]]" });
    const events = readEvents(await response.text());
    const names = events.map(({ event }) => event);
    assert.equal(names[0], "session");
    assert.deepEqual(names.slice(-2), ["result", "done"]);
    assert.ok(names.slice(1, -2).every((name) => name === "text"));
    const text = events.flatMap(({ event, data }) => (event === "text" ? [data["text"]] : [])).join("");
    assert.equal(text, "one two");
    assert.equal(events[0]?.data["sessionId"], events.at(-2)?.data["sessionId"]);
    assert.deepEqual(events.at(-1)?.data, { code: 0, signal: null });
  });

  test("an object by its schema, whole and streamed", async () => {
    const schema = { type: "object", properties: { name: { type: "string" }, age: { type: "integer" } } };
    const body = { prompt: '[[demo:tool StructuredOutput {"name":"Ada Lovelace","age":36}]]', schema };
    const whole: unknown = await (await post("generate-object", body)).json();
    assert.deepEqual(at(whole, "object"), { name: "Ada Lovelace", age: 36 });
    assert.equal(at(whole, "rawText"), '{"name":"Ada Lovelace","age":36}');
    const events = readEvents(await (await post("stream-object", body)).text());
    const parts = events.filter(({ event }) => event === "partial-object");
    assert.ok(parts.length > 0);
    assert.deepEqual(
      events.filter(({ event }) => event !== "partial-object").map(({ event }) => event),
      ["session", "object", "result", "done"],
    );
    assert.deepEqual(at(events, `${events.length - 3}.data.object`), { name: "Ada Lovelace", age: 36 });
    const bad = { prompt: '[[demo:tool StructuredOutput {"age":"old"}]]', schema };
    const failed = readEvents(await (await post("stream-object", bad)).text());
    assert.equal(at(failed.at(-2), "data.code"), "PARSE_ERROR");
    assert.deepEqual(failed.at(-1)?.data, { code: 1, signal: null });
    const mended: unknown = await (await post("generate-object", bad)).json();
    assert.deepEqual(at(mended, "object"), { name: "demo", age: 1 });
    const [row] = await admin.listUsage({ key_id: key.id });
    // Both calls of the model are paid: `{"age":"old"}` and `{"name":"demo","age":1}`.
    assert.equal(row?.tokens.outputTokens, 10);
  });

  test("what goes wrong is told in its words", async () => {
    const cases: readonly (readonly [string, object, number, object])[] = [
      ["generate-text", {}, 400, { code: "VALIDATION_ERROR", rawText: "prompt" }],
      ["generate-text", { prompt: "x", allowedTools: ["Read"] }, 400, { code: "NO_TOOLS_AVAILABLE" }],
      ["generate-text", { prompt: "x", model: "nobody" }, 404, {}],
      ["generate-object", { prompt: "x", schema: { title: "t" } }, 400, { code: "VALIDATION_ERROR" }],
      ["stream", { prompt: "[[demo:status 400]]" }, 400, { code: "VALIDATION_ERROR" }],
    ];
    for (const [path, body, status, told] of cases) {
      const response = await post(path, body);
      const answer: unknown = await response.json();
      assert.equal(response.status, status, JSON.stringify(answer));
      assert.partialDeepStrictEqual(answer, told);
      assert.equal(typeof at(answer, "error"), "string");
    }
    assert.equal((await post("generate-text", { prompt: "x" }, "nobody")).status, 401);
    const health = await fetch(`${gantry.url}/compat/koine/health`);
    assert.partialDeepStrictEqual(await health.json(), { status: "healthy", claudeCli: "available" });
  });
});

// The last of the file: the server is another one from here on.
test("a conversation outlives a server that was killed", async () => {
  await ask(key, toBody("[[demo:say before the end]]", { stream: true }), inSession("lasting"));
  await gantry.kill9();
  await waitUntilNone(gantry.processes);
  gantry = await startGantry({ data });
  const next = await ask({ ...key, url: gantry.url }, toBody("[[demo:echo]]"), inSession("lasting"));
  assert.match(next.text, /before the end/);
  assert.notEqual(next.headers.get("x-gantry-process"), "same-conversation");
  assert.match(
    (await ask({ ...key, url: gantry.url }, toBody("[[demo:echo]]"), inSession("lasting"))).text,
    /before the end/,
  );
});
