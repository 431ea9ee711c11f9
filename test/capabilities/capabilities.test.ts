import assert from "node:assert/strict";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, test } from "node:test";
import type { Capabilities } from "@gantry/contracts/capabilities";
import { createAdmin, readApi, type Admin } from "../harness/admin.ts";
import type { ChatTarget } from "../harness/chat.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { createTestFolder, sampleHome, toPage, type TestFolder } from "./claude-home.ts";

let home: TestFolder;
let project: TestFolder;
let gantry: Gantry;
let admin: Admin;

before(async () => {
  home = await createTestFolder({
    ...sampleHome,
    "agents/no-head.md": "Just a text.",
    "agents/large.md": "x".repeat(300_000),
    "agents/latin.md": new Uint8Array([0x2d, 0x2d, 0x2d, 0xe9]),
    "agents/odd name!.md": toPage({ description: "d" }, "b"),
    "skills/broken/skill.json": "{",
    ".claude.json": JSON.stringify({
      mcpServers: {
        tracker: {
          type: "http",
          url: "https://tracker.example.com/mcp?token=hush",
          headers: { authorization: "hush" },
        },
        local: { command: "/opt/secret-place/server", env: { TOKEN: "hush" } },
        bent: { type: "http", url: 7 },
      },
    }),
    "settings.json": JSON.stringify({ enabledPlugins: { "tools@market": true, "off@market": false } }),
    "plugins/cache/tools/agents/helper.md": toPage({ description: "A plugin's helper" }, "Help."),
    "plugins/cache/off/agents/never.md": toPage({ description: "Not switched on" }, "Never."),
  });
  await home.write({
    "plugins/installed_plugins.json": JSON.stringify({
      version: 2,
      plugins: {
        "tools@market": [{ scope: "user", version: "1.2.0", installPath: join(home.path, "plugins/cache/tools") }],
        "off@market": [{ installPath: join(home.path, "plugins/cache/off") }],
      },
    }),
  });
  project = await createTestFolder({
    ".claude/agents/local-helper.md": toPage({ description: "Knows this project" }, "Help here."),
    ".mcp.json": JSON.stringify({ mcpServers: { "project-db": { type: "sse", url: "http://db.example.com/sse" } } }),
  });
  gantry = await startGantry({ env: { GANTRY_CLAUDE_HOME: home.path } });
  admin = createAdmin(gantry);
  const made = await admin.call("POST", "/v1/admin/directories", { name: "site", path: project.path });
  assert.equal(made.status, 201, made.raw);
});

after(async () => {
  await gantry?.stop();
  await Promise.all([home, project].map((folder) => folder?.remove()));
});

const list = (target: ChatTarget): Promise<Capabilities> => readApi(target, "GET", "/v1/capabilities");
const namesOf = (rows: readonly { readonly name: string; readonly origin?: string }[], origin = "user") =>
  rows.filter((row) => row.origin === origin).map(({ name }) => name);

async function keyWith(profile: object): Promise<ChatTarget> {
  const name = `p${Math.random().toString(36).slice(2)}`;
  const put = await admin.call("POST", "/v1/admin/profiles", { name, ...profile });
  assert.ok(put.status === 201, put.raw);
  return await admin.createKey({ profile: name });
}

test("agents and skills are listed in the documented form, with where they are from", async () => {
  const found = await list(gantry);
  assert.deepEqual(namesOf(found.agents), ["company-workflow-analyst", "security-auditor"]);
  assert.deepEqual(
    found.agents.find(({ name }) => name === "company-workflow-analyst"),
    {
      name: "company-workflow-analyst",
      description: "Finds workflows: in transcripts",
      origin: "user",
      tools: ["Read", "Bash(git log)"],
      model: "sonnet",
    },
  );
  assert.deepEqual(
    found.skills.filter(({ origin }) => origin === "user"),
    [
      { name: "entity-mapper", description: "Maps entities", origin: "user", command: "map-entities" },
      { name: "semantic-text-matcher", description: "Matches texts", origin: "user", command: "semantic-text-matcher" },
    ],
  );
  assert.deepEqual([found.agents_count, found.skills_count], [found.agents.length, found.skills.length]);
  assert.partialDeepStrictEqual(
    found.commands.find(({ name }) => name === "git:commit"),
    { argument_hint: "[message]" },
  );
});

test("the CLI itself tells its tools, its own agents and its commands", async () => {
  const found = await list(gantry);
  assert.equal(found.program?.name, "claude");
  assert.match(found.program?.version ?? "", /^\d+\.\d+/);
  for (const tool of ["Bash", "Read", "Write", "Agent", "Skill"]) assert.ok(found.tools.includes(tool), tool);
  assert.ok(namesOf(found.agents, "built_in").includes("general-purpose"));
  assert.ok(namesOf(found.commands, "built_in").length > 0);
});

test("what is broken is listed with the reason and spoils nothing", async () => {
  const { broken } = await list(gantry);
  const reasons = Object.fromEntries(broken.map(({ name, error }) => [name, error]));
  assert.match(reasons["no-head"] ?? "", /line 1: expected `---`/);
  assert.match(reasons["large"] ?? "", /at most 262144 are read/);
  assert.match(reasons["latin"] ?? "", /UTF-8/);
  assert.match(reasons["odd name!"] ?? "", /expected a name/);
  assert.match(reasons["broken"] ?? "", /skill\.json: expected a JSON object/);
  assert.match(reasons["bent"] ?? "", /expected an http or https/);
});

test("directories, servers and plugins are told by their names alone", async () => {
  const key = await keyWith({
    allowedAgents: ["*"],
    allowedMcpServers: ["*"],
    allowedDirectories: ["site"],
    ownerPlugins: true,
  });
  const found = await list(key);
  assert.deepEqual(namesOf(found.agents, "project:site"), ["local-helper"]);
  assert.deepEqual(namesOf(found.agents, "plugin:tools"), ["tools:helper"]);
  assert.deepEqual(found.plugins[0], { name: "tools", version: "1.2.0" });
  assert.deepEqual(found.mcp_servers, [
    { name: "local", transport: "stdio", origin: "user" },
    { name: "project-db", transport: "sse", origin: "project:site" },
    { name: "tracker", transport: "http", origin: "user" },
  ]);
  const text = JSON.stringify(found);
  for (const secret of ["hush", "secret-place", home.path, project.path, "never"])
    assert.ok(!text.includes(secret), secret);
});

test("a key sees what its profile lets be seen, and nothing of the rest", async () => {
  const free = await list(await admin.createKey({ profile: "free" }));
  assert.deepEqual(
    [free.agents, free.skills, free.commands, free.mcp_servers, free.broken, free.plugins],
    [[], [], [], [], [], []],
  );
  assert.deepEqual(free.tools, ["Read"]);
  const pro = await list(await admin.createKey({ profile: "pro" }));
  assert.deepEqual(
    pro.agents.map(({ name }) => name),
    ["security-auditor"],
  );
  const enterprise = await list(await admin.createKey());
  assert.ok(enterprise.agents.every(({ origin }) => origin === "user" || origin === "built_in"));
  assert.equal((await fetch(`${gantry.url}/v1/capabilities`)).status, 401);
});

test("a change is seen, and no link leads out", async () => {
  const outside = await createTestFolder({ "agents/outside.md": toPage({ description: "d" }, "b") });
  try {
    await home.write({ "agents/later/late.md": toPage({ description: "New" }, "Late.") });
    await symlink(join(outside.path, "agents/outside.md"), join(home.path, "agents/linked.md"));
    await symlink(join(outside.path, "agents"), join(home.path, "agents/folder"));
    await symlink(home.path, join(home.path, "agents/ring"));
    await until(async () => namesOf((await list(gantry)).agents).includes("late"));
    const found = await list(gantry);
    assert.ok(!JSON.stringify(found.agents).includes("outside"));
    assert.match(found.broken.find(({ name }) => name === "linked")?.error ?? "", /leads out/);
    await rm(join(home.path, "agents/later"), { recursive: true });
    await mkdir(join(home.path, "agents/a/b/c/d/e/f"), { recursive: true });
    await until(async () => !namesOf((await list(gantry)).agents).includes("late"));
  } finally {
    await outside.remove();
  }
});

/** The server reads again when it is told of a change, and after a while anyway. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + 60_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < giveUp, "the change was not seen");
    await pause(20);
  }
}
