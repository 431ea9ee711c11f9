import type { SessionResourceInput } from "@gantry/contracts/session-resources";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createFileContents } from "../../packages/server/src/adapters/files/create-file-contents.ts";
import { hasCode } from "../../packages/server/src/adapters/store/shared/conformance/samples.ts";
import { samplePrincipal } from "../../packages/server/src/adapters/http/sample-principal.ts";
import { createAgentService } from "../../packages/server/src/core/agents/agent-service.ts";
import { createEnvironmentService } from "../../packages/server/src/core/environments/environment-service.ts";
import { createFileService } from "../../packages/server/src/core/files/file-service.ts";
import { createResourceService } from "../../packages/server/src/core/resources/resource-service.ts";
import { createSessionSources } from "../../packages/server/src/core/sessions/create-session-sources.ts";
import { openControl, sha256 } from "../control/start-admin-api.ts";

const principal = { ...samplePrincipal, scopes: ["sessions" as const] };
const stranger = { ...principal, projectId: "prj_other", keyId: "key_other" };
const caller = { principal, actor: { id: principal.keyId, address: null, policy: null } };

/** The sources of sessions on a store and a folder of their own, both gone at the end of the test. */
async function openSources(context: TestContext) {
  const { store, time } = await openControl(context);
  const folder = await mkdtemp(join(tmpdir(), "gantry-files-"));
  context.after(() => rm(folder, { recursive: true }));
  const clock = { epoch: () => time.now };
  const shared = { store, clock, random: randomBytes, digest: sha256 };
  const files = createFileService({
    ...shared,
    contents: await createFileContents(folder, clock),
    limits: { fileBytes: 1000, projectBytes: 10_000 },
  });
  const environments = createEnvironmentService(shared);
  const resources = createResourceService({ ...shared, resources: store.managed.resources, files });
  const { agents } = store.managed;
  const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const keepFile = async (text: string, filename = "a.txt") => {
    const source = (async function* () {
      yield Buffer.from(text);
    })();
    return await files.keep(caller, await files.receive(principal, source), { filename, mimeType: "text/plain" });
  };
  return {
    time,
    files,
    keepFile,
    environments,
    resources,
    agents: createAgentService(shared),
    sources: createSessionSources({ agents, environments, files, resources, toBase64 }),
  };
}

test("a session's agent is the version asked for, with what the session replaces", async (context) => {
  const { agents, sources } = await openSources(context);
  const { id } = await agents.create(caller, { name: "a", model: { id: "haiku" }, system: "One." });
  await agents.update(caller, id, { system: "Two." });
  const { system, version, multiagent } = await sources.resolveAgent(principal, id);
  assert.deepEqual([system, version, multiagent], ["Two.", 2, null]);
  assert.equal((await sources.resolveAgent(principal, { type: "agent", id, version: 1 })).system, "One.");
  const overridden = await sources.resolveAgent(principal, {
    type: "agent_with_overrides",
    id,
    system: null,
    model: { id: "opus" },
    tools: [{ type: "agent_toolset_20260401" }],
  });
  assert.deepEqual([overridden.system, overridden.model, overridden.tools.length], [null, { id: "opus" }, 1]);
  const changed = await sources.changeAgent(principal, overridden, { tools: [] });
  assert.deepEqual(changed, { ...overridden, tools: [] });
  await assert.rejects(sources.resolveAgent(stranger, id), hasCode("invalid_request"));
  await assert.rejects(sources.resolveAgent(principal, { type: "agent", id, version: 9 }), hasCode("invalid_request"));
  const orphan = [{ type: "mcp_toolset" as const, mcp_server_name: "none" }];
  await assert.rejects(sources.changeAgent(principal, overridden, { tools: orphan }), hasCode("invalid_request"));
  await agents.archive(caller, id);
  await assert.rejects(sources.resolveAgent(principal, id), hasCode("invalid_request"));
});

test("a session's roster is written out in the versions that the agent named", async (context) => {
  const { agents, sources } = await openSources(context);
  const helper = await agents.create(caller, { name: "helper", model: { id: "haiku" }, system: "Then." });
  const input = { name: "lead", model: { id: "haiku" } };
  const roster = [{ type: "agent" as const, id: helper.id }, { type: "self" as const }];
  const lead = await agents.create(caller, { ...input, multiagent: { type: "coordinator", agents: roster } });
  await agents.update(caller, helper.id, { system: "Now." });
  const { multiagent } = await sources.resolveAgent(principal, lead.id);
  assert.ok(multiagent?.type === "coordinator");
  const shown = multiagent.agents.map((agent) => (agent.type === "agent" ? [agent.name, agent.system] : []));
  assert.deepEqual(shown, [
    ["helper", "Then."],
    ["lead", null],
  ]);
});

test("no session begins in an environment that is archived, deleted or another's", async (context) => {
  const { environments, sources } = await openSources(context);
  const made = await environments.create(caller, { name: "e" });
  assert.deepEqual(await sources.resolveEnvironment(principal, made.id), made);
  await assert.rejects(sources.resolveEnvironment(stranger, made.id), hasCode("environment_not_found"));
  await environments.archive(caller, made.id);
  await assert.rejects(sources.resolveEnvironment(principal, made.id), hasCode("environment_archived"));
  await environments.delete(caller, made.id);
  await assert.rejects(sources.resolveEnvironment(principal, made.id), hasCode("environment_not_found"));
});

test("resources are laid into the workspace, each at a place of its own", async (context) => {
  const { keepFile, resources, sources } = await openSources(context);
  const [one, two] = [await keepFile("one", "b c.txt"), await keepFile("two")];
  const repository = { type: "github_repository", url: "file:///site" } as const;
  const mounted = { type: "file", file_id: two.id, mount_path: "/workspace/src/x" } as const;
  await sources.addResources(principal, "sesn_a", [{ type: "file", file_id: one.id }, mounted, repository]);
  const found = (await sources.listResources(["sesn_a", "sesn_b"])).get("sesn_a") ?? [];
  const paths = found.map(({ mount_path }) => mount_path);
  const folder = "/home/agent/work";
  assert.deepEqual(paths, [`${folder}/uploads/b c.txt`, `${folder}/src/x`, folder]);
  const workspace = await sources.workspaceOf({ id: "sesn_a", projectId: principal.projectId });
  const laid = workspace.files.map(async ({ path, content }) => {
    const pieces: Uint8Array[] = [];
    if (content instanceof Uint8Array) pieces.push(content);
    else for await (const piece of content) pieces.push(piece);
    return [path, Buffer.concat(pieces).toString()];
  });
  assert.deepEqual(await Promise.all(laid), [
    ["uploads/b c.txt", "one"],
    ["src/x", "two"],
  ]);
  const bad: readonly SessionResourceInput[] = [
    mounted,
    { ...mounted, mount_path: "/workspace/src/x/y" },
    { ...mounted, mount_path: "/workspace/src" },
    { ...mounted, mount_path: "/etc/passwd" },
    { ...mounted, mount_path: "/workspace/.git/hooks/post-checkout" },
    { ...mounted, mount_path: "/workspace/a/.GIT/config" },
    repository,
    { ...repository, url: "https://example.com/a.git" },
    { ...repository, url: "file:///etc/passwd" },
  ];
  for (const input of bad) {
    await assert.rejects(
      resources.add(principal, "sesn_a", [input]),
      hasCode("invalid_request"),
      JSON.stringify(input),
    );
  }
  const missing = [
    { type: "file" as const, file_id: one.id },
    { type: "file" as const, file_id: "file_none" },
  ];
  await assert.rejects(resources.add(principal, "sesn_b", missing), hasCode("not_found"));
  await assert.rejects(resources.add(stranger, "sesn_b", missing.slice(0, 1)), hasCode("not_found"));
  assert.deepEqual(await resources.list("sesn_b"), []);
  await sources.dropResources("sesn_a");
  assert.deepEqual(await resources.list("sesn_a"), []);
});

test("an expired file is told as such, takes no room, and its content goes", async (context) => {
  const { files, keepFile, sources, time } = await openSources(context);
  const file = await keepFile("x".repeat(900));
  const expiring = await files.keep(
    caller,
    await files.receive(
      principal,
      (async function* () {
        yield Buffer.alloc(700);
      })(),
    ),
    { filename: "b", mimeType: "text/plain", expiresInSeconds: 3600 },
  );
  assert.equal((await sources.readFile(principal, file.id)).base64, Buffer.from("x".repeat(900)).toString("base64"));
  time.now += 3_600_000;
  await assert.rejects(files.open(principal, expiring.id), hasCode("file_expired"));
  assert.deepEqual((await files.list(principal, { limit: 9 })).items, [file]);
  await files.cleanUp(true);
  assert.equal((await files.open(principal, file.id)).file.id, file.id);
  time.now += 31 * 86_400_000;
  await files.cleanUp(true);
  await assert.rejects(files.get(principal, expiring.id), hasCode("not_found"));
});
