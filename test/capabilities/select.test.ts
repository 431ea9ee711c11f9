import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { profileInput, type PermissionProfile, type ProfileInput } from "@gantry/contracts/access";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { createCapabilityFiles } from "../../packages/server/src/adapters/capabilities/create-capability-files.ts";
import { createCapabilityService } from "../../packages/server/src/core/capabilities/capability-service.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { silentLog } from "../processes/hosting.ts";
import { createTestFolder, sampleHome, toPage } from "./claude-home.ts";

const profile = (fields: Partial<ProfileInput> = {}): PermissionProfile => ({
  ...profileInput.parse({
    name: "tests",
    allowedAgents: ["*"],
    allowedSkills: ["*"],
    allowedMcpServers: ["*"],
    ...fields,
  }),
  version: 1,
  createdAt: 0,
});

/** A service over a home and a project of the test's own, whose program cannot be asked. */
async function openService(t: TestContext) {
  const [home, project] = await Promise.all([createTestFolder(sampleHome), createTestFolder()]);
  const files = createCapabilityFiles({
    configDirectory: home.path,
    stateFile: join(home.path, ".claude.json"),
    clock: systemClock,
  });
  t.after(async () => {
    files.stop();
    await Promise.all([home.remove(), project.remove()]);
  });
  const service = createCapabilityService({
    files,
    servers: [],
    program: { report: () => Promise.reject(new FailureError(toFailure("agent_unavailable"))) },
    directories: async () => [{ name: "site", path: project.path }],
    log: silentLog,
  });
  return { home, project, service };
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => assert.fail("it was not refused"),
    (found: unknown) => found,
  );
  assert.ok(error instanceof FailureError && error.failure.code === "invalid_request");
  return error.message.replace(/"[^"]*"/, "NAME");
};

test("an agent's page is written anew, with nothing but what is known of it", async (t) => {
  const { home, service } = await openService(t);
  const hooks = "hooks:\n  PreToolUse:\n    - matcher: Bash\npermissionMode: bypassPermissions\nmodel: opus";
  await home.write({
    "agents/risky.md": `---\nname: "Risky One"\ndescription: 'It: "does" things'\ntools:\n  - Read\n${hooks}\n---\nWork.\n`,
  });
  const { agents, tools, callable, description } = await service.select([profile()], { agents: ["risky", "risky"] });
  assert.deepEqual(agents, [
    {
      name: "risky",
      markdown: '---\nname: risky\ndescription: "It: \\"does\\" things"\ntools: "Read"\nmodel: "opus"\n---\n\nWork.\n',
    },
  ]);
  assert.deepEqual([tools, callable], [["Agent"], { agents: ["risky"], skills: [] }]);
  assert.match(description, /- risky: It: "does" things\n {2}Agent \{"subagent_type":"risky"/);
});

test("a skill comes with its texts, an older one with a page, a command as a skill", async (t) => {
  const { home, service } = await openService(t);
  await home.write({ "skills/semantic-text-matcher/logo.png": new Uint8Array([0x89, 0xff]) });
  const wish = { skills: ["semantic-text-matcher", "entity-mapper", "git:commit"] };
  const { skills, callable } = await service.select([profile()], wish);
  assert.deepEqual(callable.skills, ["semantic-text-matcher", "entity-mapper", "git-commit"]);
  assert.deepEqual(
    skills.map(({ files }) => files.map(({ path }) => path).toSorted()),
    [["SKILL.md", "words/list.txt"], ["SKILL.md", "skill.json"], ["SKILL.md"]],
  );
  assert.match(skills[1]?.files.at(-1)?.content ?? "", /name: entity-mapper[^]*`map-entities`/);
  await home.write({ "skills/semantic-text-matcher/huge.txt": "x".repeat(3 * 1024 * 1024) });
  assert.ok((await service.select([profile()], wish)).skills.length > 0);
  const many = Object.fromEntries(
    Array.from({ length: 120 }, (_, index) => [`skills/entity-mapper/${index}.txt`, "x"]),
  );
  await home.write(many);
  await refusal(service.select([profile()], wish));
});

test("the run's own directory goes first, then the owner, then other directories", async (t) => {
  const { home, project, service } = await openService(t);
  await home.write({ "agents/same.md": toPage({ description: "d" }, "The owner's.") });
  await project.write({
    ".claude/agents/same.md": toPage({ description: "d" }, "The project's."),
    ".claude/agents/only.md": toPage({ description: "d" }, "Only here."),
  });
  const all = profile({ allowedDirectories: ["*"] });
  const promptOf = async (name: string, directory?: string) =>
    (await service.select([all], { agents: [name], directory })).agents[0]?.markdown.split("\n").at(-2);
  assert.equal(await promptOf("same"), "The owner's.");
  assert.equal(await promptOf("same", "site"), "The project's.");
  assert.equal(await promptOf("only"), "Only here.");
  await refusal(service.select([profile()], { agents: ["only"], directory: "site" }));
});

test("what may not be seen is refused as what is not there, by whichever profile", async (t) => {
  const { home, service } = await openService(t);
  const server = { mcpServers: { web: { url: "https://mcp.example.com/" }, local: { command: "x" } } };
  await home.write({ ".claude.json": JSON.stringify(server) });
  const narrow = profile({ allowedAgents: ["security-auditor"], allowedSkills: [], allowedMcpServers: [] });
  const said = await Promise.all([
    refusal(service.select([profile()], { agents: ["nobody"] })),
    refusal(service.select([profile(), narrow], { agents: ["company-workflow-analyst"] })),
    refusal(service.select([profile()], { agents: ["no-head"] })),
  ]);
  assert.equal(new Set(said).size, 1);
  await refusal(service.select([narrow], { skills: ["entity-mapper"] }));
  await refusal(service.select([narrow], { mcpServers: ["web"] }));
  await refusal(service.select([profile()], { mcpServers: ["local"] }));
  const { mcpServers } = await service.select([profile()], { mcpServers: ["web"] });
  assert.deepEqual(mcpServers, [{ name: "web", url: "https://mcp.example.com/" }]);
});

test("many who ask at once read once, and a home that is not there is an empty one", async (t) => {
  const { service, home } = await openService(t);
  const lists = await Promise.all(Array.from({ length: 50 }, () => service.list({ profile: profile() })));
  assert.ok(lists.every(({ agents_count: count }) => count === 2));
  await home.remove();
  const giveUp = performance.now() + 60_000;
  for (;;) {
    const { agents, program } = await service.list({ profile: profile() });
    assert.equal(program, null);
    if (agents.length === 0) return;
    assert.ok(performance.now() < giveUp, "the change was not seen");
    await pause(20);
  }
});
