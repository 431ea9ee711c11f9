import assert from "node:assert/strict";
import { test } from "node:test";
import { adminOperations } from "../../packages/server/src/adapters/http/admin/admin-operations.ts";
import type { webhookOperations } from "../../packages/server/src/adapters/http/admin/webhook-routes.ts";
import type { Operation } from "../../packages/server/src/adapters/http/admin/operation.ts";
import { goodWebhookCalls } from "./good-webhook-calls.ts";
import { type AdminApi, type Answer, startAdminApi } from "./start-admin-api.ts";

type Created = { id: string; key: string; name: string };

const codeOf = ({ json }: Answer) => {
  const { code, param } = (json as { error: { code: string; param: string | null } }).error;
  return [code, param];
};

async function createKey(api: AdminApi, name = "ci"): Promise<Created> {
  const answer = await api.call("POST", "/v1/admin/keys", { name, projectId: "default", profile: "pro" });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

test("every route for administrators refuses another key, whatever else is wrong with the request", async (context) => {
  const api = await startAdminApi(context);
  for (const { method, path, access } of Object.values(adminOperations)) {
    if (access !== "admin") continue;
    const answer = await api.call(method, path.replaceAll(/:\w+/g, "x"), method === "GET" ? undefined : [], "plain");
    assert.deepEqual([answer.status, path], [403, path]);
    assert.deepEqual(codeOf(answer), ["insufficient_scope", null]);
  }
});

/** What a good call of each operation is, given what was made before. */
function goodCalls({
  key,
  budget,
  run,
  draft,
}: {
  key: string;
  budget: string;
  run: string;
  draft: string;
}): Record<Exclude<keyof typeof adminOperations, keyof typeof webhookOperations>, [string, unknown?]> {
  return {
    createProject: ["/v1/admin/projects", { name: "other", metadata: { a: "b" } }],
    listProjects: ["/v1/admin/projects?limit=1"],
    getProject: ["/v1/admin/projects/other"],
    updateProject: ["/v1/admin/projects/other", { cache: { enabled: true, maxAgeSeconds: 5 } }],
    archiveProject: ["/v1/admin/projects/other"],
    createKey: ["/v1/admin/keys", { name: "k", projectId: "prj_default", profile: "pro", limits: { concurrent: 2 } }],
    listKeys: ["/v1/admin/keys?project_id=prj_default&limit=1"],
    getKey: [`/v1/admin/keys/${key}`],
    updateKey: [`/v1/admin/keys/${key}`, { disabled: true }],
    rotateKey: [`/v1/admin/keys/${key}/rotate`],
    revokeKey: [`/v1/admin/keys/${key}`],
    createProfile: ["/v1/admin/profiles", { name: "reader", toolRules: [{ tool: "Read", action: "allow" }] }],
    listProfiles: ["/v1/admin/profiles"],
    getProfile: ["/v1/admin/profiles/pro?version=1"],
    listProfileVersions: ["/v1/admin/profiles/pro/versions"],
    putProfile: ["/v1/admin/profiles/reader", { allowedModels: ["haiku"] }],
    createBudget: [
      "/v1/admin/budgets",
      { subject: "project", subjectId: "default", unit: "tokens", window: "month", limit: 9 },
    ],
    listBudgets: ["/v1/admin/budgets?subject=project&subject_id=prj_default"],
    getBudget: [`/v1/admin/budgets/${budget}`],
    updateBudget: [`/v1/admin/budgets/${budget}`, { shadow: true, raise: null }],
    deleteBudget: [`/v1/admin/budgets/${budget}`],
    createRun: ["/v1/runs", { models: ["claude-*"], budget: { unit: "micros", limit: 5 } }],
    listRuns: ["/v1/runs?project_id=prj_default&limit=1"],
    getRun: [`/v1/runs/${run}`],
    updateRun: [`/v1/runs/${run}`, { budget: { limit: 9 } }],
    endRun: [`/v1/runs/${run}/end`],
    readUsage: ["/v1/admin/usage?by=model&from=2026-11-01&to=2026-12-01"],
    readAudit: ["/v1/audit?limit=2"],
    readAuditCheckpoint: ["/v1/audit/checkpoint"],
    readProjectUsage: ["/v1/usage?period=week&by=key"],
    recommendModel: ["/v1/route", { prompt: "List the files", context_size: 10 }],
    restoreStore: ["/v1/admin/store/restore", { draft }],
    readDailyMetrics: ["/v1/organizations/usage_report/claude_code?starting_at=2026-11-01"],
  };
}

test("every route answers what its schema says", async (context) => {
  const api = await startAdminApi(context);
  const { id: key } = await createKey(api);
  const limit = { subject: "project", subjectId: "default", unit: "micros", window: "day", limit: 5 };
  const { id: budget }: Created = (await api.call("POST", "/v1/admin/budgets", limit)).json;
  const { id: run }: Created = (await api.call("POST", "/v1/runs", { budget: { unit: "tokens", limit: 5 } })).json;
  const calls = {
    ...goodCalls({ key, budget, run, draft: await api.draftCopy() }),
    ...(await goodWebhookCalls(api)),
  };
  for (const name of Object.keys(calls) as (keyof typeof calls)[]) {
    const operation: Operation = adminOperations[name];
    const { method, answer, status = 200 } = operation;
    const [path, body] = calls[name];
    const got = await api.call(method, path, body);
    assert.equal(got.status, status, `${name}: ${got.text}`);
    assert.equal(got.headers.get("cache-control"), "no-store");
    const checked = answer.safeParse(got.json);
    assert.ok(checked.success, `${name}: ${checked.error?.message} in ${got.text}`);
  }
});

test("a key's text is answered once, and lists hold neither it nor a hash", async (context) => {
  const api = await startAdminApi(context);
  const { id, key } = await createKey(api);
  assert.match(key, /^gk_[a-z2-7]{12}_[\w-]{43}$/);
  const rotated: Created = (await api.call("POST", `/v1/admin/keys/${id}/rotate`, { overlapSeconds: 5 })).json;
  assert.notEqual(rotated.key, key);
  for (const path of ["/v1/admin/keys", `/v1/admin/keys/${id}`, "/v1/audit", "/v1/audit?format=jsonl"]) {
    const { text } = await api.call("GET", path);
    assert.match(text, new RegExp(id));
    for (const secret of [key, rotated.key]) assert.ok(!text.includes(secret.slice(-43)), path);
    assert.doesNotMatch(text, /secretHash|secret_hash/);
  }
});

test("what is not there is 404, for each kind and method", async (context) => {
  const api = await startAdminApi(context);
  for (const [method, path, body] of [
    ["GET", "/v1/admin/projects/none"],
    ["PATCH", "/v1/admin/projects/none", { name: "a" }],
    ["DELETE", "/v1/admin/projects/none"],
    ["GET", "/v1/admin/keys/key_none"],
    ["PATCH", "/v1/admin/keys/key_none", { disabled: true }],
    ["DELETE", "/v1/admin/keys/key_none"],
    ["POST", "/v1/admin/keys/key_none/rotate"],
    ["GET", "/v1/admin/profiles/none"],
    ["GET", "/v1/admin/profiles/pro?version=9"],
    ["GET", "/v1/admin/profiles/none/versions"],
    ["GET", "/v1/admin/budgets/bud_none"],
    ["PATCH", "/v1/admin/budgets/bud_none", { limit: 1 }],
    ["DELETE", "/v1/admin/budgets/bud_none"],
    ["GET", "/v1/runs/run_none"],
    ["PATCH", "/v1/runs/run_none", { budget: { limit: 1 } }],
    ["POST", "/v1/runs/run_none/end"],
    ["GET", "/v1/runs/%00"],
    ["GET", "/v1/admin/keys/%00"],
    ["GET", `/v1/admin/keys/${encodeURIComponent("' or 1=1 --")}`],
    ["GET", "/v1/usage?project_id=none"],
    ["GET", "/v1/admin/usage?project_id=none"],
    ["GET", "/v1/admin/usage?by=day&project_id=none"],
    ["GET", "/v1/admin/keys?project_id=none"],
    ["GET", "/v1/admin/budgets?subject=project&subject_id=none"],
    ["GET", "/v1/runs?project_id=none"],
    ["GET", "/v1/audit?project_id=none"],
    ["GET", "/v1/audit?format=jsonl&project_id=none"],
  ] as const) {
    const answer = await api.call(method, path, body);
    assert.deepEqual([answer.status, path], [404, path]);
    assert.deepEqual(codeOf(answer), ["not_found", null]);
  }
});

test("a refusal names the field of the body or the query", async (context) => {
  const api = await startAdminApi(context);
  const key = { name: "a", projectId: "default", profile: "pro" };
  for (const [method, path, body, param] of [
    ["POST", "/v1/admin/projects", undefined, "name"],
    ["POST", "/v1/admin/projects", "null", "body"],
    ["POST", "/v1/admin/projects", "{", "body"],
    ["POST", "/v1/admin/keys", { ...key, profile: "nobody" }, "profile"],
    ["POST", "/v1/admin/keys", { ...key, projectId: "nowhere" }, "projectId"],
    ["POST", "/v1/admin/keys", { ...key, key: "gk_mine" }, "key"],
    ["PUT", "/v1/admin/profiles/Bad%20Name", {}, "name"],
    ["PUT", "/v1/admin/profiles/pro", { name: "other" }, "name"],
    ["PATCH", "/v1/admin/projects/default", {}, "body"],
    ["POST", "/v1/admin/budgets", { subject: "team" }, "subject"],
    ["POST", "/v1/admin/store/restore", {}, "draft"],
    ["POST", "/v1/admin/store/restore", { draft: "../gantry.db" }, "draft"],
    ["POST", "/v1/admin/store/restore", { draft: "0123456789ab" }, "draft"],
    ["GET", "/v1/admin/usage?by=day&limit=1", undefined, "limit"],
    ["GET", "/v1/admin/usage?by=model&cursor=a", undefined, "cursor"],
    ["GET", "/v1/admin/usage?format=csv&limit=1", undefined, "limit"],
    ["GET", "/v1/usage?limit=1", undefined, "limit"],
    ["GET", "/v1/audit?format=jsonl&limit=1", undefined, "limit"],
    ["POST", "/v1/runs", { models: [] }, "models"],
    ["POST", "/v1/runs", { expiresInSeconds: 2_592_001 }, "expiresInSeconds"],
    ["POST", "/v1/runs", { budget: { unit: "micros" } }, "budget.limit"],
    ["POST", "/v1/runs", { projectId: "prj_default" }, "projectId"],
    ["PATCH", "/v1/runs/x", { budget: { limit: 1, unit: "micros" } }, "budget.unit"],
    ["GET", "/v1/admin/keys?limit=0", undefined, "limit"],
    ["GET", "/v1/admin/keys?limit=1&limit=2", undefined, "limit"],
    ["GET", "/v1/admin/keys?cursor=key_none", undefined, "cursor"],
    ["GET", "/v1/admin/keys?projectId=x", undefined, "projectId"],
    ["GET", "/v1/admin/keys/x?a=b", undefined, "a"],
    ["GET", "/v1/admin/usage?from=yesterday", undefined, "from"],
    ["GET", "/v1/admin/usage?from=2026-11-02&to=2026-11-01", undefined, "to"],
    ["GET", "/v1/audit?after=x", undefined, "after"],
    ["GET", "/v1/usage?period=year", undefined, "period"],
    [
      "GET",
      "/v1/organizations/usage_report/claude_code?starting_at=2026-11-02&ending_at=2026-11-02",
      undefined,
      "ending_at",
    ],
  ] as const) {
    const answer = await api.call(method, path, body);
    assert.deepEqual([answer.status, path, codeOf(answer)], [400, path, ["invalid_request", param]], answer.text);
  }
});

test("a list is read page by page, each row once", async (context) => {
  const api = await startAdminApi(context);
  const made: string[] = [];
  for (let index = 0; index < 5; index += 1) made.push((await createKey(api, `k${index}`)).id);
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { json } = await api.call("GET", `/v1/admin/keys?limit=2${cursor && `&cursor=${cursor}`}`);
    const page: { data: Created[]; next_cursor: string | null } = json;
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  assert.deepEqual(seen.toSorted(), made.toSorted());
});

test("of many projects of one name made at once one is made, and keys may share a name", async (context) => {
  const api = await startAdminApi(context);
  const projects = await Promise.all(
    Array.from({ length: 12 }, () => api.call("POST", "/v1/admin/projects", { name: "same" })),
  );
  assert.deepEqual(
    projects.map(({ status }) => status).toSorted((one, other) => one - other),
    [201, ...Array<number>(11).fill(409)],
  );
  for (const answer of projects) if (answer.status === 409) assert.deepEqual(codeOf(answer), ["conflict", null]);
  const keys = await Promise.all(Array.from({ length: 12 }, () => createKey(api, "same")));
  assert.equal(new Set(keys.map(({ id }) => id)).size, 12);
  assert.equal(new Set(keys.map(({ key }) => key)).size, 12);
});

test("hostile names are refused, or are names and nothing else", async (context) => {
  const api = await startAdminApi(context);
  for (const name of ["<script>", "a\nb", "\u0000", "\u202Eabc", "=1+1", "a'; drop table projects; --", "‮"]) {
    assert.equal((await api.call("POST", "/v1/admin/projects", { name })).status, 400, JSON.stringify(name));
  }
  for (const name of ["../..", "constructor", "__proto__", "@team", "a/b"]) {
    const { status, text } = await api.call("POST", "/v1/admin/projects", { name });
    assert.equal(status, 201, text);
    const shown: Answer = await api.call("GET", `/v1/admin/projects/${encodeURIComponent(name)}`);
    assert.equal((shown.json as Created).name, name);
  }
  const aliases = JSON.parse('{"__proto__":"haiku","constructor":"opus"}');
  const { json } = await api.call("PATCH", "/v1/admin/projects/default", { aliases });
  assert.deepEqual((json as { aliases: unknown }).aliases, { constructor: "opus" });
});
