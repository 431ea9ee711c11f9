import type { AuditRow } from "@gantry/contracts/audit";
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { verifyChain } from "../../packages/server/src/core/audit/verify-chain.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { bill, noon, sha256, startAdminApi, usageRow } from "./start-admin-api.ts";

const day = 86_400_000;
const billMany = (store: Store, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => bill(store, usageRow(`r${index}`))));

test("usage comes in the documented shape, by calendar period and by model", async (context) => {
  const api = await startAdminApi(context);
  // Monday of that week was the 16th; the month before ended on a Saturday.
  for (const [id, at, model] of [
    ["today", noon, "claude-haiku-4-5"],
    ["monday", Date.UTC(2026, 10, 16), "claude-sonnet-5"],
    ["sunday", Date.UTC(2026, 10, 16) - 1, "claude-haiku-4-5"],
    ["october", Date.UTC(2026, 10, 1) - 1, "claude-haiku-4-5"],
  ] as const) {
    await bill(api.store, usageRow(id, { at, model }));
  }
  await bill(api.store, usageRow("elsewhere", { projectId: "prj_other" }));
  const of = async (period: string) => (await api.call("GET", `/v1/usage?period=${period}`, undefined, "plain")).json;
  assert.deepEqual(await of("month"), {
    project_id: "prj_default",
    period: "month",
    total_tokens: 300,
    total_cost: 0.0045,
    by_model: {
      "claude-haiku-4-5": { tokens: 200, cost: 0.003 },
      "claude-sonnet-5": { tokens: 100, cost: 0.0015 },
    },
    limit: null,
    remaining: null,
  });
  assert.partialDeepStrictEqual(await of("week"), { total_tokens: 200 });
  assert.partialDeepStrictEqual(await of("day"), { total_tokens: 100 });
});

test("limit and remaining are those of the enforced monthly token budget that leaves the least", async (context) => {
  const api = await startAdminApi(context);
  const create = (changes: object) =>
    api.call("POST", "/v1/admin/budgets", {
      subject: "project",
      subjectId: "prj_default",
      unit: "tokens",
      window: "month",
      ...changes,
    });
  const read = async () => (await api.call("GET", "/v1/usage", undefined, "plain")).json;
  await create({ limit: 5, shadow: true });
  await create({ limit: 500, unit: "micros" });
  await create({ limit: 500, window: "day" });
  assert.partialDeepStrictEqual(await read(), { limit: null, remaining: null });
  await create({ limit: 2000 });
  await create({ limit: 1000 });
  assert.partialDeepStrictEqual(await read(), { limit: 1000, remaining: 1000 });
  const row = usageRow("r1");
  const outcome = await api.store.ledger.reserve({
    requestId: "r1",
    nodeId: "n",
    now: noon,
    leaseUntil: noon + 60_000,
    projectId: row.projectId,
    keyId: row.keyId,
    runId: null,
    model: row.model,
    driver: row.driver,
    profile: row.profile,
    amounts: { micros: 1, tokens: 300 },
  });
  assert.deepEqual(outcome, { kind: "reserved" });
  assert.partialDeepStrictEqual(await read(), { limit: 1000, remaining: 700 });
});

test("a key sees its own project's usage and no other's", async (context) => {
  const api = await startAdminApi(context);
  await api.call("POST", "/v1/admin/projects", { name: "team-a" });
  const read = async (project: string, key: "admin" | "plain") =>
    (await api.call("GET", `/v1/usage?project_id=${project}`, undefined, key)).status;
  assert.deepEqual(
    await Promise.all(["prj_default", "team-a", "none"].map((id) => read(id, "plain"))),
    [200, 404, 404],
  );
  assert.deepEqual(await Promise.all(["default", "team-a", "none"].map((id) => read(id, "admin"))), [200, 200, 404]);
});

test("lists are filtered by a project's name as by its id", async (context) => {
  const api = await startAdminApi(context);
  const { id }: { id: string } = (await api.call("POST", "/v1/admin/projects", { name: "team-a" })).json;
  const key = { name: "a", projectId: "team-a", profile: "pro" };
  assert.equal((await api.call("POST", "/v1/admin/keys", key)).status, 201);
  const budget = { subject: "project", subjectId: "team-a", unit: "tokens", window: "month", limit: 1 };
  assert.equal((await api.call("POST", "/v1/admin/budgets", budget)).status, 201);
  await bill(api.store, usageRow("r1", { projectId: id }));
  await bill(api.store, usageRow("r2"));
  for (const [path, rows] of [
    ["/v1/admin/keys?project_id=", 1],
    ["/v1/admin/budgets?subject=project&subject_id=", 1],
    ["/v1/admin/usage?project_id=", 1],
    ["/v1/admin/usage?by=project&project_id=", 1],
    // The project, the key, the budget and the request.
    ["/v1/audit?project_id=", 4],
    ["/v1/runs?project_id=", 0],
  ] as const) {
    const byName: { data: unknown[] } = (await api.call("GET", `${path}team-a`)).json;
    assert.deepEqual((await api.call("GET", path + id)).json, byName, path);
    assert.equal(byName.data.length, rows, path);
  }
});

test("usage is broken down, as JSON and as CSV that no spreadsheet runs", async (context) => {
  const api = await startAdminApi(context);
  await bill(api.store, usageRow("r1", { model: '=HYPERLINK("http://x","a")' }));
  await bill(api.store, usageRow("r2", { model: "a,b", costMicros: null, at: noon - day }));
  const csv = await api.call("GET", "/v1/admin/usage?by=model&format=csv");
  assert.match(csv.headers.get("content-type") ?? "", /^text\/csv/);
  assert.match(csv.headers.get("content-disposition") ?? "", /^attachment; filename="usage-by-model\.csv"$/);
  const [head, ...lines] = csv.text.split("\r\n");
  assert.match(head ?? "", /^model,requests,inputTokens,.*,costUsd,unpriced,keys$/);
  assert.deepEqual(lines.toSorted(), [
    "",
    `"'=HYPERLINK(""http://x"",""a"")",1,10,20,30,40,1500,0.0015,0,1`,
    `"a,b",1,10,20,30,40,,,1,1`,
  ]);
  const rows = await api.call("GET", "/v1/admin/usage?format=csv");
  assert.match(rows.text, /\r\nr1,2026-11-20T12:00:00\.000Z,prj_default,key_a,,"'=HYPERLINK/);
  assert.match(rows.text, /\r\nr2,.*,40,,,120,40,completed,free@1\r\n$/);
  const own = await api.call("GET", "/v1/usage?by=day&format=csv", undefined, "plain");
  assert.match(own.text, /^day,requests,[^]*2026-11-20,1,/);
  const json = await api.call("GET", "/v1/usage?by=outcome", undefined, "plain");
  assert.partialDeepStrictEqual(json.json, {
    breakdown: [{ group: "completed", requests: 2, tokens: 200, cost: 0.0015 }],
  });
});

test("daily metrics count requests, dollars and distinct keys by day", async (context) => {
  const api = await startAdminApi(context);
  await bill(api.store, usageRow("r1"));
  await bill(api.store, usageRow("r2", { at: noon + 1, projectId: "prj_other" }));
  await bill(api.store, usageRow("r3", { keyId: "key_b" }));
  await bill(api.store, usageRow("r4", { at: noon - day }));
  await bill(api.store, usageRow("r5", { at: noon - 40 * day }));
  const read = async (query: string) =>
    (await api.call("GET", `/v1/organizations/usage_report/claude_code${query}`)).json;
  const before = { date: "2026-11-19", total_sessions: 1, total_cost_usd: 0.0015, active_users: 1 };
  const today = { date: "2026-11-20", total_sessions: 3, total_cost_usd: 0.0045, active_users: 2 };
  assert.deepEqual(await read(""), { daily_metrics: [before, today] });
  assert.deepEqual(await read("?starting_at=2026-11-20"), { daily_metrics: [today] });
  assert.deepEqual(await read("?starting_at=2026-11-19&ending_at=2026-11-20"), { daily_metrics: [before] });
  assert.deepEqual(await read("?ending_at=2026-11-01T00:00:00Z&starting_at=2026-10-31"), { daily_metrics: [] });
});

test("the audit is read by filter and by page, and exported whole", async (context) => {
  const api = await startAdminApi(context);
  await billMany(api.store, 1203);
  await api.call("POST", "/v1/admin/projects", { name: "a" });
  const page = await api.call("GET", "/v1/audit?limit=2&after=1201");
  assert.partialDeepStrictEqual(page.json, { data: [{ sequence: 1202 }, { sequence: 1203 }], next_cursor: "1203" });
  const last = await api.call("GET", "/v1/audit?limit=2&after=1203");
  assert.partialDeepStrictEqual(last.json, { data: [{ sequence: 1204, address: "127.0.0.1" }], next_cursor: null });
  const created = await api.call("GET", "/v1/audit?action=project.created&actor=admin");
  assert.partialDeepStrictEqual(created.json, { data: [{ sequence: 1204, policy: "free@1" }], next_cursor: null });

  const { headers, text } = await api.call("GET", "/v1/audit?format=jsonl");
  assert.match(headers.get("content-type") ?? "", /^application\/jsonl/);
  const rows = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as AuditRow);
  assert.equal(rows.length, 1204);
  const { json } = await api.call("GET", "/v1/audit/checkpoint");
  assert.partialDeepStrictEqual(await verifyChain(rows, sha256, json), { ok: true, rows: 1204 });
});

test("an empty audit has a checkpoint, and an export of nothing", async (context) => {
  const api = await startAdminApi(context);
  assert.deepEqual((await api.call("GET", "/v1/audit/checkpoint")).json, {
    sequence: 0,
    hash: "0".repeat(64),
    at: noon,
  });
  assert.equal((await api.call("GET", "/v1/audit?format=jsonl")).text, "");
});

test("a client that leaves an export in its midst takes nothing along", async (context) => {
  const api = await startAdminApi(context);
  await billMany(api.store, 3000);
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${api.url}/v1/audit?format=jsonl`, { headers: { authorization: "Bearer admin" } });
    sent.once("response", (response) => {
      response.once("data", () => response.destroy());
      response.once("close", resolve);
      response.on("error", () => {});
    });
    sent.once("error", reject);
    sent.end();
  });
  assert.equal((await api.call("GET", "/v1/audit/checkpoint")).status, 200);
});
