import type { Run, RunReport } from "@gantry/contracts/runs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runReportAnswer } from "../../packages/server/src/adapters/http/admin/answers.ts";
import { type Answer, bill, noon, sha256, usageRow } from "./start-admin-api.ts";
import { startRunServer } from "./start-run-server.ts";

const codeOf = ({ status, json }: Answer) => [status, (json as { error: { code: string } }).error.code];

test("a run has what was asked for, or the defaults, and its token is told once", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const plain = await server.call(key.text, "POST", "/v1/runs");
  const { id, token, ...run }: Run & { token: string } = plain.json;
  assert.equal(plain.status, 201);
  assert.match(token, /^gr_[a-z2-7]{12}_[\w-]{43}$/);
  assert.equal(id, `run_${token.slice(3, 15)}`);
  assert.deepEqual(run, {
    projectId: "prj_default",
    keyId: key.id,
    models: ["*"],
    state: "open",
    createdAt: noon,
    expiresAt: noon + 3_600_000,
    endedAt: null,
    metadata: {},
    profile: "pro@1",
    budgetId: null,
  });

  const wanted = { models: ["hai*"], expiresInSeconds: 60, metadata: { job: "7" } };
  const full: Run = (
    await server.call(key.text, "POST", "/v1/runs", { ...wanted, budget: { unit: "tokens", limit: 9 } })
  ).json;
  assert.deepEqual([full.models, full.metadata, full.expiresAt], [["hai*"], { job: "7" }, noon + 60_000]);
  const report = await server.readRun(key.text, full.id);
  assert.ok(runReportAnswer.safeParse(report).success);
  assert.partialDeepStrictEqual(report.budget, {
    id: full.budgetId,
    subject: "run",
    subjectId: full.id,
    unit: "tokens",
    window: "lifetime",
    limit: 9,
    shadow: false,
    spent: 0,
  });

  const shown = [
    await server.call(key.text, "GET", "/v1/runs"),
    await server.call(key.text, "GET", `/v1/runs/${id}`),
    await server.call(key.text, "POST", `/v1/runs/${id}/end`),
    await server.call(server.adminKey, "GET", "/v1/audit"),
  ];
  const secret = token.slice(16);
  assert.doesNotMatch(shown.map(({ text }) => text).join(""), new RegExp(`${secret}|${sha256(secret)}`));
});

test("a run may use no model that its key may not, and a key without the scope for models makes none", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const refused = await server.call(key.text, "POST", "/v1/runs", { models: ["haiku", "opus*"] });
  assert.deepEqual(codeOf(refused), [403, "forbidden"]);
  const { error } = refused.json as { error: { param: string; message: string } };
  assert.deepEqual(
    [error.param, error.message],
    ["models[1]", "The profile of this key allows these models: haiku, sonnet."],
  );
  const { text } = await server.makeKey({ scopes: ["tasks", "admin"] });
  assert.deepEqual(codeOf(await server.call(text, "POST", "/v1/runs", { models: 1 })), [403, "insufficient_scope"]);
  assert.deepEqual((await server.call(key.text, "GET", "/v1/runs")).json, { data: [], next_cursor: null });
  assert.deepEqual(
    (await server.store.audit.read({}, 0, 9)).map(({ action, result, detail }) => [action, result, detail]).slice(1),
    [
      ["run.created", "refused", "forbidden"],
      ["key.created", "ok", null],
    ],
  );
});

test("a project's runs are seen by its keys and changed by the key that made them; an administrator does all", async (context) => {
  const server = await startRunServer(context);
  const { id: projectId } = await server.control.projects.create(
    { id: "admin", address: null, policy: null },
    { name: "other" },
  );
  const [maker, mate, stranger] = [
    await server.makeKey(),
    await server.makeKey({ scopes: ["tasks"] }),
    await server.makeKey({ projectId }),
  ];
  const { id } = await server.makeRun(maker.text, { budget: { unit: "micros", limit: 5 } });
  const raise = { budget: { limit: 9 } };
  const statuses = async (key: string) => [
    (await server.call(key, "GET", `/v1/runs/${id}`)).status,
    (await server.call(key, "PATCH", `/v1/runs/${id}`, raise)).status,
    (await server.call(key, "POST", `/v1/runs/${id}/end`)).status,
  ];
  assert.deepEqual(await statuses(stranger.text), [404, 404, 404]);
  assert.deepEqual(await statuses(mate.text), [200, 403, 403]);
  assert.partialDeepStrictEqual(await server.readRun(maker.text, id), { state: "open", budget: { limit: 5 } });
  assert.deepEqual(await statuses(maker.text), [200, 200, 200]);
  const { id: second } = await server.makeRun(maker.text, { budget: { unit: "micros", limit: 5 } });
  const raised = await server.call(server.adminKey, "PATCH", `/v1/runs/${second}`, raise);
  assert.partialDeepStrictEqual(raised.json, { budget: { limit: 9 } });
  assert.equal((await server.call(server.adminKey, "POST", `/v1/runs/${second}/end`)).status, 200);
});

test("the list of runs goes page by page over one's own project, or over all", async (context) => {
  const server = await startRunServer(context);
  const { id: projectId } = await server.control.projects.create(
    { id: "admin", address: null, policy: null },
    { name: "other" },
  );
  const [own, other] = [await server.makeKey(), await server.makeKey({ projectId })];
  const made: string[] = [];
  for (const { text } of [own, other, own, own]) {
    server.pass(1);
    made.push((await server.makeRun(text)).id);
  }
  const [first, foreign, second, third] = made;
  const list = async (key: string, query: string) => {
    const answer = await server.call(key, "GET", `/v1/runs?${query}`);
    const { data, next_cursor } = answer.json as { data: Run[]; next_cursor: string | null };
    return [data.map(({ id }) => id), next_cursor];
  };
  assert.deepEqual(await list(own.text, "limit=2"), [[third, second], second]);
  assert.deepEqual(await list(own.text, `limit=2&cursor=${second}`), [[first], null]);
  assert.deepEqual(await list(own.text, "project_id=prj_default"), [[third, second, first], null]);
  assert.deepEqual(await list(other.text, ""), [[foreign], null]);
  assert.deepEqual(codeOf(await server.call(own.text, "GET", `/v1/runs?project_id=${projectId}`)), [404, "not_found"]);
  assert.deepEqual(await list(server.adminKey, ""), [[third, second, foreign, first], null]);
  assert.deepEqual(await list(server.adminKey, `project_id=${projectId}`), [[foreign], null]);
});

test("a run ends once, by hand or when its time is over, and its budget is fixed from then on", async (context) => {
  const server = await startRunServer(context);
  const { text } = await server.makeKey();
  const budget = { unit: "micros", limit: 5 };
  const end = async (id: string): Promise<RunReport> => (await server.call(text, "POST", `/v1/runs/${id}/end`)).json;
  const { id } = await server.makeRun(text, { budget });
  server.pass(1000);
  const ended = await end(id);
  assert.deepEqual([ended.state, ended.endedAt], ["ended", noon + 1000]);
  server.pass(1000);
  assert.deepEqual(await end(id), ended);

  const { id: short } = await server.makeRun(text, { expiresInSeconds: 1, budget });
  server.pass(999);
  assert.equal((await server.readRun(text, short)).state, "open");
  server.pass(1);
  const over = await server.readRun(text, short);
  assert.deepEqual([over.state, over.endedAt], ["ended", over.expiresAt]);
  assert.deepEqual(await end(short), over);
  for (const run of [id, short]) {
    const raised = await server.call(text, "PATCH", `/v1/runs/${run}`, { budget: { limit: 9 } });
    assert.deepEqual(codeOf(raised), [409, "conflict"]);
  }
  assert.deepEqual(
    (await server.store.audit.read({ action: "run.ended" }, 0, 9)).map(({ target }) => target),
    [`run:${id}`],
  );
});

test("a run without a budget is given none by a raise", async (context) => {
  const server = await startRunServer(context);
  const { text } = await server.makeKey();
  const { id } = await server.makeRun(text);
  const raised = await server.call(text, "PATCH", `/v1/runs/${id}`, { budget: { limit: 9 } });
  assert.deepEqual(codeOf(raised), [409, "conflict"]);
  assert.equal((await server.readRun(text, id)).budget, null);
});

test("a run shows what its calls came to, and usage can be asked for by run", async (context) => {
  const server = await startRunServer(context);
  const { id: keyId, text } = await server.makeKey();
  const { id } = await server.makeRun(text);
  assert.deepEqual((await server.readRun(text, id)).usage, {
    calls: 0,
    tokens: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
    costMicros: 0,
    unpriced: 0,
  });
  await bill(server.store, usageRow("1", { keyId, runId: id }));
  await bill(server.store, usageRow("2", { keyId, runId: id, costMicros: null, model: "own-model" }));
  await bill(server.store, usageRow("3", { keyId }));
  assert.deepEqual((await server.readRun(text, id)).usage, {
    calls: 2,
    tokens: { inputTokens: 20, cacheReadTokens: 40, cacheWriteTokens: 60, outputTokens: 80 },
    costMicros: 1_500,
    unpriced: 1,
  });
  const rows = await server.call(server.adminKey, "GET", `/v1/admin/usage?run_id=${id}`);
  assert.deepEqual(
    (rows.json as { data: { id: string }[] }).data.map((row) => row.id),
    ["2", "1"],
  );
});
