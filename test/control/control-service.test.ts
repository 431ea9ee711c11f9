import { profileInput } from "@gantry/contracts/access";
import { FailureError } from "@gantry/contracts/errors";
import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyChain } from "../../packages/server/src/core/audit/verify-chain.ts";
import { checkKey } from "../../packages/server/src/core/access/check-key.ts";
import { parseKey } from "../../packages/server/src/core/access/key-text.ts";
import type { Actor } from "../../packages/server/src/core/control/actor.ts";
import { createControlService } from "../../packages/server/src/core/control/create-control-service.ts";
import { type Control, noon, openControl, sha256 } from "./start-admin-api.ts";

const admin: Actor = { id: "admin", address: "192.0.2.7", policy: "enterprise@1" };
const input = { name: "ci", projectId: "default", profile: "pro" };
const readAudit = ({ store }: Control) => store.audit.read({}, 0, 100);

/** Whether a key's text would be let in at a time. */
async function isGood({ store }: Control, text: string, now: number): Promise<boolean> {
  const parsed = parseKey(text);
  assert.ok(parsed !== undefined);
  const stored = await store.control.findKey(parsed.publicId);
  return checkKey(stored, sha256(parsed.secret), now, (left, right) => left === right).ok;
}

const refusal = (code: string, param?: string) => (error: unknown) => {
  assert.ok(error instanceof FailureError, String(error));
  assert.deepEqual([error.failure.code, error.failure.param], [code, param]);
  return true;
};

test("a new key is good, and its secret is neither in the store's answers nor in the audit", async (context) => {
  const parts = await openControl(context);
  const { key, text } = await parts.control.keys.create(admin, input);
  assert.match(key.id, /^key_[a-z0-9]{24}$/);
  assert.deepEqual([key.projectId, key.scopes, key.disabled], ["prj_default", ["inference"], false]);
  assert.equal(await isGood(parts, text, noon), true);
  assert.equal(await isGood(parts, `${text.slice(0, -43)}${"A".repeat(43)}`, noon), false);
  const secret = text.slice(-43);
  const seen = [
    key,
    await parts.control.keys.get(key.id),
    await parts.control.keys.list({ limit: 9 }),
    await readAudit(parts),
  ];
  assert.doesNotMatch(JSON.stringify(seen), new RegExp(`${secret}|${sha256(secret)}`));
});

test("after a rotation both texts are good until the overlap is over", async (context) => {
  const parts = await openControl(context);
  const { key, text } = await parts.control.keys.create(admin, input);
  const rotated = await parts.control.keys.rotate(admin, key.id, 60);
  assert.notEqual(rotated.text, text);
  assert.equal(rotated.key.publicId, key.publicId);
  assert.deepEqual(await Promise.all([text, rotated.text].map((one) => isGood(parts, one, noon + 59_999))), [
    true,
    true,
  ]);
  assert.deepEqual(await Promise.all([text, rotated.text].map((one) => isGood(parts, one, noon + 60_000))), [
    false,
    true,
  ]);
  const again = await parts.control.keys.rotate(admin, key.id, 0);
  assert.deepEqual(await Promise.all([text, rotated.text, again.text].map((one) => isGood(parts, one, noon))), [
    false,
    false,
    true,
  ]);
});

test("a revoked key stays revoked, and a second revocation changes and records nothing", async (context) => {
  const parts = await openControl(context);
  const { key, text } = await parts.control.keys.create(admin, input);
  const revoked = await parts.control.keys.revoke(admin, key.id);
  parts.time.now += 1000;
  assert.deepEqual(await parts.control.keys.revoke(admin, key.id), revoked);
  assert.equal(await isGood(parts, text, noon), false);
  await assert.rejects(parts.control.keys.rotate(admin, key.id, 0), refusal("conflict"));
  await assert.rejects(parts.control.keys.update(admin, key.id, { disabled: false }), refusal("conflict"));
  assert.deepEqual(
    (await readAudit(parts)).map(({ action, result, detail }) => `${action} ${result} ${detail}`),
    ["key.created ok null", "key.revoked ok null", "key.rotated refused conflict", "key.enabled refused conflict"],
  );
});

test("a key names a project and a profile that are there, and ends in the future", async (context) => {
  const parts = await openControl(context);
  const { keys, projects } = parts.control;
  const { id } = await projects.create(admin, { name: "old" });
  await projects.archive(admin, id);
  await assert.rejects(keys.create(admin, { ...input, projectId: "nowhere" }), refusal("invalid_request", "projectId"));
  await assert.rejects(keys.create(admin, { ...input, projectId: id }), refusal("invalid_request", "projectId"));
  await assert.rejects(keys.create(admin, { ...input, profile: "nobody" }), refusal("invalid_request", "profile"));
  await assert.rejects(keys.create(admin, { ...input, expiresAt: noon }), refusal("invalid_request", "expiresAt"));
  const { key } = await keys.create(admin, { ...input, expiresAt: noon + 1 });
  await assert.rejects(keys.update(admin, key.id, { profile: "nobody" }), refusal("invalid_request", "profile"));
  await assert.rejects(keys.update(admin, key.id, {}), refusal("invalid_request", "body"));
  assert.equal((await keys.update(admin, key.id, { expiresAt: null })).expiresAt, null);
});

test("every change is recorded: by whom, from where, on what, under which policy and with which result", async (context) => {
  const parts = await openControl(context);
  const { projects, profiles, budgets, keys } = parts.control;
  const project = await projects.create(admin, { name: "team-a" });
  await assert.rejects(projects.create(admin, { name: "team-a" }), refusal("conflict"));
  await projects.update(admin, "team-a", { name: "team-b" });
  const { key } = await keys.create(admin, { ...input, projectId: "team-b" });
  await profiles.put(admin, profileInput.parse({ name: "free" }));
  const budget = await budgets.create(admin, {
    subject: "key",
    subjectId: key.id,
    unit: "micros",
    window: "day",
    limit: 5,
    shadow: false,
  });
  await budgets.update(admin, budget.id, { limit: 6 });
  await budgets.delete(admin, budget.id);
  await projects.archive(admin, project.id);

  const rows = await readAudit(parts);
  assert.deepEqual(
    rows.map(({ action, target, projectId, result, detail }) => [action, target, projectId, result, detail]),
    [
      ["project.created", `project:${project.id}`, project.id, "ok", null],
      ["project.created", rows[1]?.target, rows[1]?.projectId, "refused", "conflict"],
      ["project.updated", `project:${project.id}`, project.id, "ok", "name"],
      ["key.created", `key:${key.id}`, project.id, "ok", null],
      ["profile.updated", "profile:free", null, "ok", null],
      ["budget.created", `budget:${budget.id}`, project.id, "ok", null],
      ["budget.updated", `budget:${budget.id}`, project.id, "ok", "limit"],
      ["budget.deleted", `budget:${budget.id}`, project.id, "ok", null],
      ["project.archived", `project:${project.id}`, project.id, "ok", null],
    ],
  );
  for (const row of rows) {
    assert.deepEqual([row.actor, row.address, row.policy, row.at], ["admin", "192.0.2.7", "enterprise@1", noon]);
  }
  assert.equal(rows[2]?.payloadDigest, sha256('{"name":"team-b"}'));
  assert.deepEqual(await verifyChain(rows, sha256, await parts.control.audit.checkpoint()), {
    ok: true,
    rows: 9,
    head: { sequence: 9, hash: rows[8]?.hash },
  });
});

test("what cannot be recorded is not done", async (context) => {
  const parts = await openControl(context);
  const broken = new Error("no audit");
  // The table refuses a row that nobody wrote.
  const audited: typeof parts.store.audited = (entry) => parts.store.audited({ ...entry, actor: null as never });
  const control = createControlService({
    store: { ...parts.store, audited, audit: { ...parts.store.audit, append: () => Promise.reject(broken) } },
    clock: { epoch: () => noon },
    random: (count) => new Uint8Array(count),
    digest: sha256,
  });
  await assert.rejects(control.projects.create(admin, { name: "a" }), /actor/);
  assert.equal(await parts.store.control.findProject("a"), undefined);
  // The first error is the one that is told.
  await assert.rejects(control.projects.create(admin, { name: "prj_a" }), refusal("invalid_request", "name"));
});

test("a budget is bound to the id of a subject that is there", async (context) => {
  const { control } = await openControl(context);
  const limits = { unit: "tokens", window: "month", limit: 10, shadow: false } as const;
  const create = (subject: "project" | "key" | "run", subjectId: string) =>
    control.budgets.create(admin, { subject, subjectId, ...limits });
  assert.equal((await create("project", "default")).subjectId, "prj_default");
  await assert.rejects(create("run", "run_none"), refusal("invalid_request", "subjectId"));
  await assert.rejects(create("project", "nowhere"), refusal("invalid_request", "subjectId"));
  await assert.rejects(create("key", "key_none"), refusal("invalid_request", "subjectId"));
  const { id } = await create("project", "default");
  await assert.rejects(
    control.budgets.update(admin, id, { raise: { amount: 1, until: noon } }),
    refusal("invalid_request", "raise.until"),
  );
  const raised = await control.budgets.update(admin, id, { raise: { amount: 5, until: noon + 1 } });
  assert.equal(raised.effectiveLimit, 15);
});

test("the name of a project never looks like an id", async (context) => {
  const { control } = await openControl(context);
  const { id } = await control.projects.create(admin, { name: "a" });
  await assert.rejects(control.projects.create(admin, { name: id }), refusal("invalid_request", "name"));
  await assert.rejects(
    control.projects.update(admin, "a", { name: "prj_default" }),
    refusal("invalid_request", "name"),
  );
});

test("profiles get versions, and the old ones stay", async (context) => {
  const { control } = await openControl(context);
  const { profiles } = control;
  const free = await profiles.get("free");
  const open = profileInput.parse({ name: "free", allowedModels: ["*"] });
  await assert.rejects(profiles.create(admin, open), refusal("conflict"));
  assert.equal((await profiles.put(admin, open)).version, 2);
  assert.deepEqual((await profiles.get("free")).allowedModels, ["*"]);
  assert.deepEqual((await profiles.get("free", 1)).allowedModels, free.allowedModels);
  await assert.rejects(profiles.get("free", 3), refusal("not_found"));
  await assert.rejects(profiles.versions("none", { limit: 1 }), refusal("not_found"));
});
