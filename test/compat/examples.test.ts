import assert from "node:assert/strict";
import { test } from "node:test";
import { at, useCompat } from "./start-compat.ts";

// What the pages and the Python clients of the task service send, and what is read of the answers.

const compat = useCompat();
const hello = [{ role: "user", content: "Hello! [[demo:say Hi.]]" }];

test("GET /health, without a key", async () => {
  const response = await fetch(`${compat().gantry.url}/health`);
  const body = await response.json();
  assert.equal(response.status, 200);
  assert.partialDeepStrictEqual(body, {
    status: "ok",
    services: { worker_pool: { status: "ok", detail: { queued_tasks: 0 } }, audit_db: { status: "ok" } },
  });
  for (const field of ["version", "uptime_seconds", "services.worker_pool.detail.max_workers"]) {
    assert.ok(at(body, field) !== undefined, field);
  }
});

test("POST /v1/chat/completions, and what clients of both kinds read of it", async () => {
  for (const model of ["haiku", "auto"]) {
    const { status, body } = await compat().send("POST", "/v1/chat/completions", {
      model,
      messages: hello,
      project_id: "my-app",
      max_tokens: 1000,
      timeout: 60,
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.partialDeepStrictEqual(body, {
      object: "chat.completion",
      content: "Hi.",
      project_id: compat().key.projectId,
      choices: [{ index: 0, message: { role: "assistant", content: "Hi." }, finish_reason: "stop" }],
    });
    const [input, output, total] = ["input", "output", "total"].map((kind) => Number(at(body, `usage.${kind}_tokens`)));
    assert.equal((input ?? 0) + (output ?? 0), total);
    assert.equal(input, at(body, "usage.prompt_tokens"));
    assert.ok(Number(at(body, "cost")) > 0, JSON.stringify(body));
  }
});

test("what the Python clients send: a prompt alone, a model of null, and how they know a used-up budget", async () => {
  const { send, admin, gantry } = compat();
  const prompted = await send("POST", "/v1/chat/completions", {
    model: "haiku",
    prompt: "[[demo:say Hi.]]",
    max_tokens: 100,
  });
  assert.equal(at(prompted.body, "content"), "Hi.");
  const routed = await send("POST", "/v1/chat/completions", {
    model: null,
    messages: hello,
    project_id: null,
    timeout: null,
  });
  assert.equal(routed.status, 200, JSON.stringify(routed.body));
  const both = await send("POST", "/v1/chat/completions", { model: "haiku", messages: hello, prompt: "x" });
  assert.deepEqual([both.status, both.headers.get("x-gantry-ignored")], [200, "prompt"]);

  const poor = await admin.createKey();
  await admin.createBudget({ subject: "key", subjectId: poor.id, limit: 1 });
  const refused = await send("POST", "/v1/chat/completions", { model: "haiku", messages: hello }, poor.key);
  assert.equal(refused.status, 429);
  assert.match(String(at(refused.body, "detail")), /^Budget exceeded/);
  const unknown = await fetch(`${gantry.url}/v1/usage`, { headers: { authorization: "Bearer cc_0123" } });
  assert.deepEqual([unknown.status, typeof at(await unknown.json(), "detail")], [401, "string"]);
});

test("a chat is charged to its own project, and to another by an administrator alone", async () => {
  const { admin, key, gantry, send } = compat();
  const chat = { model: "haiku", messages: hello };
  const other = await admin.createProject({ name: "another" });
  const refused = await Promise.all(
    ["another", "no-such-project"].map((project_id) => send("POST", "/v1/chat/completions", { ...chat, project_id })),
  );
  assert.deepEqual(
    refused.map(({ status }) => status),
    [403, 403],
  );
  assert.equal(typeof at(refused[0]?.body, "detail"), "string");
  const byId = await send("POST", "/v1/chat/completions", { ...chat, project_id: key.projectId });
  assert.equal(byId.status, 200);
  const charged = await send("POST", "/v1/chat/completions", { ...chat, project_id: "another" }, gantry.key);
  assert.equal(at(charged.body, "project_id"), other.id);
  assert.equal((await admin.listUsage({ project_id: other.id })).length, 1);
});

test("what a chat has no use for is told, and what is wrong is refused with `detail`", async () => {
  const { send } = compat();
  const told = await send("POST", "/v1/chat/completions", {
    model: "haiku",
    messages: hello,
    working_directory: "/project",
    allowed_tools: ["Read"],
  });
  assert.equal(told.status, 200);
  assert.equal(told.headers.get("x-gantry-ignored"), "working_directory, allowed_tools");
  for (const wrong of [{ timeout: 0 }, { timeout: "30" }, { project_id: 7 }]) {
    const { status, body } = await send("POST", "/v1/chat/completions", { model: "haiku", messages: hello, ...wrong });
    assert.equal(status, 400);
    assert.equal(at(body, "detail"), at(body, "error.message"));
    assert.equal(at(body, "error.param"), Object.keys(wrong)[0]);
  }
});

test("an answer that is not whole in its time ends with 504, and its process serves on", async () => {
  const slow = [{ role: "user", content: "[[demo:tokens 40]][[demo:pace 500]]" }];
  const { send, gantry, key } = compat();
  const late = await send("POST", "/v1/chat/completions", { model: "haiku", messages: slow, timeout: 1 });
  assert.deepEqual([late.status, at(late.body, "error.code")], [504, "upstream_timeout"]);
  const streamed = await fetch(`${gantry.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key.key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "haiku", messages: slow, timeout: 2, stream: true }),
  });
  assert.match(await streamed.text(), /upstream_timeout/);
  assert.equal(
    (await send("POST", "/v1/chat/completions", { model: "haiku", messages: hello, timeout: 60 })).status,
    200,
  );
});

test("GET /v1/capabilities", async () => {
  const { status, body } = await compat().send("GET", "/v1/capabilities");
  assert.equal(status, 200);
  assert.equal(at(body, "agents_count"), at(body, "agents.length"));
  const agents = at(body, "agents") as readonly { readonly name: string }[];
  assert.ok(agents.some(({ name }) => name === "company-workflow-analyst"));
});

test("GET /v1/usage, by the name of the project and by its period", async () => {
  const { send, key } = compat();
  const whole = await send("GET", "/v1/usage?project_id=my-app");
  assert.partialDeepStrictEqual(whole.body, {
    project_id: key.projectId,
    period: "month",
    limit: null,
    remaining: null,
  });
  assert.ok(Number(at(whole.body, "total_tokens")) > 0 && Number(at(whole.body, "total_cost")) > 0);
  assert.equal((await send("GET", "/v1/usage?project_id=my-app&period=day")).status, 200);
  const wrong = await send("GET", "/v1/usage?period=year");
  assert.equal(wrong.status, 400);
  assert.equal(typeof at(wrong.body, "detail"), "string");
});

test("POST /v1/route, in both documented forms", async () => {
  const { send } = compat();
  const bodies = [
    { prompt: "Complex analysis task", context_size: 5000 },
    { task_description: "Simple data extraction", context_size: 500 },
  ];
  for (const body of bodies) {
    const reply = await send("POST", "/v1/route", body);
    assert.equal(reply.status, 200);
    assert.ok(["haiku", "sonnet", "opus"].includes(String(at(reply.body, "recommended_model"))));
    for (const field of ["reasoning", "budget_status.total_tokens", "budget_status.total_cost"]) {
      assert.ok(at(reply.body, field) !== undefined, field);
    }
  }
});

test("POST /v1/process answers the names of other vendors' models", async () => {
  const { send, key } = compat();
  const asked = {
    provider: "openai",
    model_name: "gpt-4o-mini",
    system_message: "Be short.",
    user_message: "[[demo:say Hi.]]",
  };
  const { status, body, headers } = await send("POST", "/v1/process", { ...asked, memory: {}, project_id: "my-app" });
  assert.equal(status, 200, JSON.stringify(body));
  assert.partialDeepStrictEqual(body, {
    content: "Hi.",
    model: "gpt-4o-mini",
    provider: "openai",
    metadata: { finish_reason: "stop", mapped_from: "gpt-4o-mini" },
  });
  assert.match(String(at(body, "metadata.actual_model")), /haiku/);
  assert.ok(Number(at(body, "metadata.usage.total_tokens")) > 0 && Number(at(body, "metadata.cost_usd")) > 0);
  assert.equal(headers.get("x-gantry-ignored"), "memory");
  const [row] = await compat().admin.listUsage({ key_id: key.id });
  assert.equal(row?.id, headers.get("x-gantry-usage-id"));

  const known = await send("POST", "/v1/process", { provider: "claude", model_name: "haiku", messages: hello });
  assert.equal(at(known.body, "metadata.mapped_from"), null);
  const content = await send("POST", "/v1/process", {
    provider: "x",
    model_name: "gemini-flash",
    content: "[[demo:say A.]]",
  });
  assert.equal(at(content.body, "content"), "A.");
});

test("POST /v1/process says what it does not do", async () => {
  const { send, admin } = compat();
  const asked = { provider: "openai", model_name: "gpt-4o", content: "x" };
  const cases: readonly (readonly [object, number])[] = [
    [{ ...asked, async_processing: true }, 501],
    [{ ...asked, additional_params: { stream: true } }, 501],
    [{ ...asked, tools: [{ type: "function", function: { name: "f" } }] }, 400],
    [{ ...asked, tool_choice: "required" }, 400],
    [{ ...asked, user_message: "y" }, 400],
    [{ ...asked, content: undefined }, 400],
    [{ ...asked, max_tokens: -1 }, 400],
    [{ ...asked, messages: [{ role: "wizard" }], content: undefined }, 400],
    [{ ...asked, project_id: "another-one" }, 403],
    [{ ...asked, unknown: 1 }, 400],
    [[], 400],
  ];
  for (const [body, status] of cases) {
    const reply = await send("POST", "/v1/process", body);
    assert.equal(reply.status, status, JSON.stringify([body, reply.body]));
    assert.equal(typeof at(reply.body, "detail"), "string");
  }
  const approver = await admin.createKey({ scopes: ["approve"] });
  assert.equal((await send("POST", "/v1/process", asked, approver.key)).status, 403);
});

test("GET /v1/providers and the models of one", async () => {
  const { send } = compat();
  const { body } = await send("GET", "/v1/providers");
  assert.partialDeepStrictEqual(body, [{ name: "anthropic", available: true }]);
  const models = await send("GET", "/v1/providers/anthropic/models");
  assert.ok(Number(at(models.body, "models.length")) > 0);
  assert.equal((await send("GET", "/v1/providers/nobody/models")).status, 404);
  assert.equal((await send("GET", "/v1/providers", undefined, "wrong")).status, 401);
});
