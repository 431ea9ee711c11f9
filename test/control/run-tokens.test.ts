import { profileInput, projectInput } from "@gantry/contracts/access";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { adminOperations } from "../../packages/server/src/adapters/http/admin/admin-operations.ts";
import { createIdentifier, defaultProjectId } from "../../packages/server/src/core/access/identify.ts";
import { mayUse } from "../../packages/server/src/core/completions/choose-model.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { silentLog } from "../../packages/server/src/core/ports/test-driver.ts";
import { sha256 } from "./start-admin-api.ts";
import { startRunServer, type RunServer } from "./start-run-server.ts";

const admin = { id: "admin", address: null, policy: null };
/** What was found out of a key or a token is remembered for less. */
const forgottenMs = 800;

const isLetIn = async ({ identifier }: Pick<RunServer, "identifier">, token: string) =>
  (await identifier.identify(token)) !== undefined;

test("a token is its key for calls of models alone, with no more models and the key's own limits", async (context) => {
  const server = await startRunServer(context);
  const limits = { requestsPerMinute: 7 };
  const key = await server.makeKey({ scopes: ["admin", "inference", "tasks"], limits });
  const { id, token } = await server.makeRun(key.text, { models: ["son*"] });
  const [own, run] = await Promise.all([server.identifier.identify(key.text), server.identifier.identify(token)]);
  assert.ok(own !== undefined && run !== undefined);
  assert.deepEqual(run, {
    ...own,
    scopes: ["inference"],
    profile: { ...own.profile, allowedModels: ["sonnet"] },
    runId: id,
    runState: "open",
  });
  const model = (alias: string) => ({ id: `claude-${alias}`, aliases: [alias], displayName: alias });
  assert.deepEqual([mayUse(run, model("sonnet")), mayUse(run, model("haiku"))], [true, false]);
});

test("nothing but the token's very text is let in", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const { token } = await server.makeRun(key.text);
  for (const text of [
    token.replace("gr_", "gk_"),
    key.text.replace("gk_", "gr_"),
    `${token.slice(0, 16)}${key.text.slice(16)}`,
    `gr_${"a".repeat(12)}_${token.slice(16)}`,
    `${token} `,
  ]) {
    assert.equal(await isLetIn(server, text), false, text);
  }
  // A stranger's tries do not lock the owner out.
  assert.equal(await isLetIn(server, token), true);
});

test("a run that is ended is refused at once here, and on another server before a second is over", async (context) => {
  const server = await startRunServer(context);
  const other = await server.openNode();
  const key = await server.makeKey();
  const { id, token } = await server.makeRun(key.text);
  assert.deepEqual([await isLetIn(server, token), await isLetIn(other, token)], [true, true]);
  await server.call(key.text, "POST", `/v1/runs/${id}/end`);
  assert.equal(await isLetIn(server, token), false);
  server.pass(forgottenMs);
  assert.equal(await isLetIn(other, token), false);
});

test("what was read of a run before its end is not remembered after it", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const { id, token } = await server.makeRun(key.text);
  const read = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const identifier = createIdentifier({
    control: server.store.control,
    runs: {
      async find(wanted) {
        const found = await server.store.runs.find(wanted);
        read.resolve();
        await goOn.promise;
        return found;
      },
    },
    clock: systemClock,
    log: silentLog,
    digest: sha256,
    sameHash: (left, right) => left === right,
    isAdminKey: () => false,
  });
  const first = identifier.identify(token);
  await read.promise;
  await server.store.runs.end(id, server.time.now);
  identifier.forgetRun(id);
  goOn.resolve();
  await first;
  assert.equal(await identifier.identify(token), undefined);
});

test("a token is good until its time is over", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const { token } = await server.makeRun(key.text, { expiresInSeconds: 5 });
  server.pass(4_999);
  assert.equal(await isLetIn(server, token), true);
  server.pass(forgottenMs);
  assert.equal(await isLetIn(server, token), false);
});

/** What makes a token useless besides its own end, and what mends it where anything does. */
const ways: Readonly<
  Record<string, (server: RunServer, keyId: string) => Promise<(() => Promise<unknown>) | undefined>>
> = {
  async "the revocation of its key"({ control }, keyId) {
    await control.keys.revoke(admin, keyId);
    return undefined;
  },
  async "the disabling of its key"({ control }, keyId) {
    await control.keys.update(admin, keyId, { disabled: true });
    return () => control.keys.update(admin, keyId, { disabled: false });
  },
  async "the expiry of its key"({ control, time, pass }, keyId) {
    await control.keys.update(admin, keyId, { expiresAt: time.now + 1 });
    pass(1);
    return () => control.keys.update(admin, keyId, { expiresAt: null });
  },
  async "the archiving of its project"({ store, time }) {
    await store.control.archiveProject(defaultProjectId, time.now);
    return undefined;
  },
};

for (const [what, happen] of Object.entries(ways)) {
  test(`a token ends with ${what}`, async (context) => {
    const server = await startRunServer(context);
    const key = await server.makeKey();
    const { token } = await server.makeRun(key.text);
    assert.equal(await isLetIn(server, token), true);
    const mend = await happen(server, key.id);
    server.pass(forgottenMs);
    assert.equal(await isLetIn(server, token), false);
    if (mend === undefined) return;
    await mend();
    server.pass(forgottenMs);
    assert.equal(await isLetIn(server, token), true);
  });
}

test("a token follows its key: what that may do no more, it may not either", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey({ profile: "enterprise" });
  const { token } = await server.makeRun(key.text, { models: ["haiku", "opus"] });
  const look = async () => {
    server.pass(forgottenMs);
    const found = await server.identifier.identify(token);
    return [found?.profile.name, found?.profile.version, found?.profile.allowedModels, found?.scopes];
  };
  assert.deepEqual(await look(), ["enterprise", 1, ["haiku", "opus"], ["inference"]]);
  await server.control.keys.update(admin, key.id, { profile: "pro" });
  assert.deepEqual(await look(), ["pro", 1, ["haiku"], ["inference"]]);
  await server.control.profiles.put(admin, profileInput.parse({ name: "pro", allowedModels: ["sonnet"] }));
  assert.deepEqual(await look(), ["pro", 2, [], ["inference"]]);
  await server.control.keys.update(admin, key.id, { scopes: ["tasks"] });
  assert.deepEqual(await look(), ["pro", 2, [], []]);
  // A new secret for the key is none of the run's business.
  await server.control.keys.rotate(admin, key.id, 0);
  assert.deepEqual(await look(), ["pro", 2, [], []]);
});

test("the key of the data directory makes runs as well, which end with its project", async (context) => {
  const server = await startRunServer(context);
  await server.control.projects.update(admin, defaultProjectId, projectInput.partial().parse({ aliases: { a: "b" } }));
  const { id, token } = await server.makeRun(server.adminKey, { models: ["haiku"] });
  const found = await server.identifier.identify(token);
  assert.deepEqual(
    [found?.keyId, found?.scopes, found?.profile.allowedModels, found?.runId, found?.aliases],
    ["admin", ["inference"], ["haiku"], id, { a: "b" }],
  );
  await server.identifier.flush();
  await server.store.control.archiveProject(defaultProjectId, server.time.now);
  server.pass(forgottenMs);
  assert.equal(await isLetIn(server, token), false);
  assert.equal(await isLetIn(server, server.adminKey), true);
});

test("a use of a token is a use of its key", async (context) => {
  const server = await startRunServer(context);
  const key = await server.makeKey();
  const { token } = await server.makeRun(key.text);
  server.pass(50_000);
  await server.identifier.identify(token);
  await server.identifier.flush();
  assert.equal((await server.control.keys.get(key.id)).lastUsedAt, server.time.now);
});

test("a token is good for calls of models and useless at every other address, there or not", async (context) => {
  const server = await startRunServer(context);
  const { token, id } = await server.makeRun(server.adminKey, { models: ["haiku"] });
  for (const path of ["/v1/messages", "/v1/messages/count_tokens", "/v1/messages?beta=true"]) {
    const answer = await server.call(token, "POST", path, {});
    assert.deepEqual([answer.status, answer.json], [200, { models: ["haiku"] }], path);
  }
  const places = Object.values(adminOperations).map(({ method, path }) => [method, path.replaceAll(/:\w+/g, id)]);
  const unknown = [
    ["GET", "/v1/messages"],
    ["POST", "/v1/messages/batches"],
    ["POST", "/v1/messages/"],
    ["POST", "/v1/chat/completions"],
    ["GET", "/"],
    ["GET", `/${randomBytes(4).toString("hex")}`],
  ];
  for (const [method = "", path = ""] of [...places, ...unknown]) {
    const answer = await server.call(token, method, path, method === "GET" ? undefined : {});
    const { error } = answer.json as { error: { code: string } };
    assert.deepEqual([method, path, answer.status, error.code], [method, path, 403, "insufficient_scope"]);
  }
});
