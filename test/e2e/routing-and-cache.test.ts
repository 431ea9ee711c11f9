import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Admin, callApi, createAdmin, type MadeKey, readApi } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatBody, type ChatReply, type ChatTarget } from "../harness/chat.ts";
import { readBooks, sumUsage } from "../harness/read-books.ts";
import { eventually } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { startWatchedModel, type WatchedModel } from "../harness/watched-model.ts";

const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  messages: [{ role: "user", content }],
  ...more,
});

interface RouteAnswer {
  readonly recommended_model: string;
  readonly reasoning: string;
  readonly reasons: readonly string[];
  readonly rule: string;
  readonly budget_status: Readonly<Record<"total_tokens" | "total_cost" | "limit" | "remaining", number | null>>;
}

let model: WatchedModel;
let gantry: Gantry;
let admin: Admin;
before(async () => {
  model = await startWatchedModel();
  gantry = await startGantry({ upstream: model.url, env: { GANTRY_UPSTREAM_RETRIES: "0", GANTRY_MIN_READY: "0" } });
  admin = createAdmin(gantry);
});
after(async () => {
  await gantry.stop();
  await model.stop();
});

const route = (target: ChatTarget, body: object) => readApi<RouteAnswer>(target, "POST", "/v1/route", body);

describe("routing", () => {
  /** What answers `auto`, as a word. */
  async function chooseFor(target: ChatTarget, prompt: string, more: object = {}): Promise<string | undefined> {
    const { completion } = await ask(target, toBody(prompt, { model: "auto", max_tokens: 20, ...more }));
    return /^claude-(\w+)-/.exec(completion?.model ?? "")?.[1];
  }

  test("`auto` takes the model that the task is worth, and never one that the key may not use", async () => {
    const [all, free] = [await admin.createKey(), await admin.createKey({ profile: "free" })];
    for (const [prompt, expected] of [
      ["What is 2+2?", "haiku"],
      ["Analyze this algorithm...", "sonnet"],
      ["Design a distributed system...", "opus"],
    ] as const) {
      assert.equal(await chooseFor(all, prompt), expected, prompt);
      assert.equal(await chooseFor(free, prompt), "haiku", prompt);
    }
    const [row] = await admin.listUsage({ key_id: all.id });
    assert.match(row?.model ?? "", /^claude-opus-/, "what was chosen is billed, not the word");
  });

  test("`auto` steps down where the budget is nearly used", async () => {
    const key = await admin.createKey();
    await admin.createBudget({ subject: "key", subjectId: key.id, limit: 999 });
    assert.equal(await chooseFor(key, "Design a distributed system..."), "haiku");
    assert.partialDeepStrictEqual(await route(key, { prompt: "Analyze this algorithm..." }), {
      recommended_model: "haiku",
    });
  });

  test("a recommendation is given for either name of the prompt, with its reasons and the budget", async () => {
    const project = await admin.createProject();
    const key = await admin.createKey({ projectId: project.id });
    const empty = { total_tokens: 0, total_cost: 0, limit: null, remaining: null };
    const analysis = await route(key, { prompt: "Complex analysis task", context_size: 5000 });
    assert.deepEqual([analysis.recommended_model, analysis.rule], ["sonnet", "demanding"]);
    assert.ok(analysis.reasons.length > 0 && analysis.reasoning === analysis.reasons.join(" | "));
    assert.deepEqual(analysis.budget_status, empty);
    const extraction = await route(key, { task_description: "Simple data extraction", context_size: 500 });
    assert.equal(extraction.recommended_model, "haiku");
    assert.partialDeepStrictEqual(await route(key, { prompt: "Simple data extraction", context_size: 20_000 }), {
      recommended_model: "opus",
    });

    await admin.createBudget({ subject: "project", subjectId: project.id, window: "month", limit: 50_000 });
    await ask(key, toBody("[[demo:say hello]]"));
    const { budget_status: status } = await route(key, { prompt: "x" });
    const { total_tokens: used, total_cost: cost } = await readApi<RouteAnswer["budget_status"]>(
      key,
      "GET",
      "/v1/usage",
    );
    assert.ok(Number(used) > 0 && Number(cost) > 0);
    const remaining = 50_000 - Number(used);
    assert.deepEqual(status, { total_tokens: used, total_cost: cost, limit: 50_000, remaining });

    for (const body of [
      {},
      { prompt: "a", task_description: "b" },
      { prompt: "" },
      { prompt: "a", context_size: -1 },
    ]) {
      const reply = await callApi(key, "POST", "/v1/route", body);
      assert.deepEqual([reply.status, reply.error?.code], [400, "invalid_request"], reply.raw);
    }
  });

  test("a project's names for models are its own, and widen nothing", async () => {
    const aliases = { fast: "haiku", best: "auto", haiku: "sonnet", lost: "nonesuch" };
    const project = await admin.createProject({ aliases });
    const key = await admin.createKey({ projectId: project.id });
    const free = await admin.createKey({ projectId: project.id, profile: "free" });
    assert.match((await ask(free, toBody("x", { model: "fast" }))).completion?.model ?? "", /^claude-haiku-/);
    assert.equal(await chooseFor(key, "Analyze this algorithm...", { model: "best" }), "sonnet");
    assertChatError(await chat(free, toBody("x", { model: "haiku" })), "forbidden");
    assertChatError(await chat(key, toBody("x", { model: "lost" })), "model_not_found");
    assertChatError(await chat(await admin.createKey(), toBody("x", { model: "fast" })), "model_not_found");
    for (const name of ["constructor", "__proto__", "toString"]) {
      const reply = await chat(key, toBody("x", { model: name }));
      assertChatError(reply, "model_not_found");
      assert.ok(reply.error?.message.startsWith(`The model "${name}" `), reply.raw);
    }
  });
});

describe("the cache", () => {
  const isHit = ({ headers }: ChatReply): boolean => headers.get("x-gantry-cache") === "hit";
  const cached = { cache: { enabled: true, maxAgeSeconds: 3600 } };
  let prompts = 0;
  /** A request that nobody has sent yet. */
  const newBody = (more: object = {}) => toBody(`[[demo:say hello]] [[demo:think hm]] ${++prompts}`, more);

  /** Sends a request and tells whether the model was asked. */
  async function send(target: ChatTarget, body: ChatBody): Promise<{ reply: ChatReply; asked: boolean }> {
    const before = model.arrived;
    const reply = await ask(target, body);
    const asked = model.arrived > before;
    assert.equal(isHit(reply), !asked, "the header says whether the model was asked");
    return { reply, asked };
  }

  async function createCachedKey(input: object = cached): Promise<MadeKey> {
    const project = await admin.createProject(input);
    return await admin.createKey({ projectId: project.id });
  }

  test("nothing is cached unless a project asks for it", async () => {
    const key = await createCachedKey({});
    const body = newBody();
    for (let count = 0; count < 2; count += 1) assert.ok((await send(key, body)).asked);
  });

  test("a known answer comes whole or streamed, whichever way it came first, and is free", async () => {
    const key = await createCachedKey();
    const budget = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 100_000 });
    for (const stream of [false, true]) {
      const body = newBody();
      const streamed = { ...body, stream: true, stream_options: { include_usage: true } };
      const first = await send(key, stream ? streamed : body);
      assert.ok(first.asked);
      const { spent } = await admin.readBudget(budget.id);
      for (const again of [body, streamed]) {
        const { reply, asked } = await send(key, again);
        assert.ok(!asked);
        assert.equal(reply.headers.get("x-gantry-process"), null);
        assert.ok(reply.headers.has("x-gantry-overhead-ms"));
        assert.deepEqual([reply.text, reply.finishReason], [first.reply.text, "stop"]);
        // A whole answer tells its figures by two more names.
        const { prompt_tokens, completion_tokens, prompt_tokens_details } = first.reply.usage ?? {};
        assert.partialDeepStrictEqual(reply.usage, { prompt_tokens, completion_tokens, prompt_tokens_details });
        assert.equal(reply.done, again === streamed);
      }
      const [hit] = await admin.listUsage({ key_id: key.id });
      assert.deepEqual([hit?.outcome, hit?.costMicros], ["cached", 0]);
      assert.equal((await admin.readBudget(budget.id)).spent, spent);
    }
    const { usage } = await readBooks(gantry);
    assert.equal(usage.filter(({ keyId }) => keyId === key.id).length, 6);
    const { spent } = await admin.readBudget(budget.id);
    assert.equal(spent, sumUsage(budget, usage, Date.now()), "what is spent is the sum of the rows");
  });

  test("a hit is for all keys of the project, also where the budget is used up, and for no other project", async () => {
    const key = await createCachedKey();
    const poor = await admin.createKey({ projectId: key.projectId });
    await admin.createBudget({ subject: "key", subjectId: poor.id, limit: 1 });
    const body = newBody();
    await send(key, body);
    assert.ok(!(await send(poor, body)).asked);
    assertChatError(await chat(poor, newBody()), "budget_exceeded");
    assert.ok((await send(await createCachedKey(), body)).asked);
  });

  test("whatever may change an answer makes it another, and its spelling does not", async () => {
    const key = await createCachedKey({ ...cached, aliases: { fast: "haiku" } });
    const body = newBody();
    await send(key, body);
    const parts = body.messages.map(({ role, content }) => ({ role, content: [{ type: "text", text: content }] }));
    for (const same of [
      { ...body, model: "fast" },
      { ...body, user: "me" },
      { ...body, messages: parts },
    ]) {
      assert.ok(!(await send(key, same)).asked, JSON.stringify(same));
    }
    for (const other of [
      { ...body, max_tokens: 5_000 },
      { ...body, temperature: 0.5 },
      { ...body, stop: ["x"] },
      { ...body, model: "sonnet" },
      { ...body, messages: [{ role: "system", content: "Be kind." }, ...body.messages] },
    ]) {
      assert.ok((await send(key, other)).asked, JSON.stringify(other));
    }
  });

  test("an answer that failed or was refused is not kept", async () => {
    const key = await createCachedKey();
    for (const content of ["[[demo:status 500]]", "[[demo:drop]]", "[[demo:say no]] [[demo:stop refusal]]"]) {
      for (let count = 0; count < 2; count += 1) {
        const before = model.arrived;
        assert.ok(!isHit(await chat(key, toBody(content))));
        assert.ok(model.arrived > before, content);
      }
    }
  });

  test("an answer that is too old is asked for again", async () => {
    const key = await createCachedKey({ cache: { enabled: true, maxAgeSeconds: 1 } });
    const body = newBody();
    await send(key, body);
    await eventually(async () => (await send(key, body)).asked, "the answer is too old");
    assert.ok(!(await send(key, body)).asked, "the new answer is kept");
  });
});
