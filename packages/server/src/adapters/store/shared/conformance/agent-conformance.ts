import assert from "node:assert/strict";
import type { AgentBody } from "../../../../core/ports/agent-store.ts";
import type { EnvironmentBody } from "../../../../core/ports/environment-store.ts";
import { hasCode, noon, readPages } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

function sampleAgent(name: string): AgentBody {
  return {
    name,
    model: { id: "haiku" },
    description: null,
    system: "a\0b \uD800",
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: "service_account" },
    metadata: { a: "b" },
  };
}

const sampleEnvironment: EnvironmentBody = {
  name: "e",
  description: null,
  config: {
    type: "cloud",
    networking: { type: "unrestricted" },
    packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
  },
  scope: "organization",
  metadata: {},
};

/** Agents with their versions, and environments. */
export function describeAgents(describe: Describe): void {
  describe("an agent is found in its newest version and in each before", async ({ managed: { agents } }) => {
    const body = sampleAgent("one");
    const created = await agents.create({ id: "agent_a", projectId: "prj_a", body, createdAt: noon });
    assert.deepEqual(await agents.find("agent_a"), created);
    assert.equal(await agents.addVersion("agent_a", 2, sampleAgent("two"), noon + 1), true);
    const second = { ...created, version: 2, body: sampleAgent("two"), updatedAt: noon + 1 };
    assert.deepEqual(await agents.find("agent_a"), second);
    assert.deepEqual(await agents.find("agent_a", 1), created);
    assert.equal(await agents.find("agent_a", 3), undefined);
    assert.equal(await agents.find("agent_none"), undefined);
    assert.deepEqual(await readPages(1, (page) => agents.versions("agent_a", page)), [second, created]);
    await assert.rejects(agents.versions("agent_a", { limit: 1, cursor: "x" }), hasCode("invalid_request"));
  });

  describe("of two who make the same version one is first", async ({ managed: { agents } }) => {
    await agents.create({ id: "agent_a", projectId: "prj_a", body: sampleAgent("one"), createdAt: noon });
    const names = ["two", "three", "four"];
    const won = await Promise.all(names.map((name) => agents.addVersion("agent_a", 2, sampleAgent(name), noon)));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await agents.find("agent_a"))?.body.name, names[won.indexOf(true)]);
    const again = { id: "agent_a", projectId: "prj_b", body: sampleAgent("one"), createdAt: noon };
    await assert.rejects(agents.create(again), hasCode("conflict"));
  });

  describe("agents are listed newest first, by project, by time and without the archived ones", async ({ managed }) => {
    const { agents } = managed;
    for (const index of [1, 2, 3, 4]) {
      const projectId = index % 2 === 0 ? "prj_b" : "prj_a";
      const createdAt = noon + Math.min(index, 3);
      await agents.create({ id: `agent_${index}`, projectId, body: sampleAgent("x"), createdAt });
      await agents.addVersion(`agent_${index}`, 2, sampleAgent("y"), noon + 9);
    }
    const archived = await agents.archive("agent_2", noon + 7);
    assert.equal(archived?.archivedAt, noon + 7);
    assert.equal((await agents.archive("agent_2", noon + 8))?.archivedAt, noon + 7);
    assert.equal(await agents.archive("agent_none", noon), undefined);
    const list = async (query: object) =>
      (await readPages(1, (page) => agents.list({ includeArchived: false, ...page, ...query }))).map(({ id }) => id);
    assert.deepEqual(await list({}), ["agent_4", "agent_3", "agent_1"]);
    assert.deepEqual(await list({ includeArchived: true }), ["agent_4", "agent_3", "agent_2", "agent_1"]);
    assert.deepEqual(await list({ projectId: "prj_a" }), ["agent_3", "agent_1"]);
    assert.deepEqual(await list({ from: noon + 2, includeArchived: true }), ["agent_4", "agent_3", "agent_2"]);
    assert.deepEqual(await list({ to: noon + 2, includeArchived: true }), ["agent_2", "agent_1"]);
    await assert.rejects(list({ cursor: "agent_none" }), hasCode("invalid_request"));
  });

  describe("an environment is changed at the revision that was read", async ({ managed: { environments } }) => {
    const created = await environments.create({
      id: "env_a",
      projectId: "prj_a",
      body: sampleEnvironment,
      createdAt: noon,
    });
    assert.deepEqual(await environments.find("env_a"), created);
    const body = { ...sampleEnvironment, name: "other" };
    const updated = await environments.update("env_a", created.revision, body, noon + 1);
    assert.deepEqual(updated, { ...created, revision: 2, body, updatedAt: noon + 1 });
    assert.equal(await environments.update("env_a", created.revision, body, noon + 2), undefined);
    await environments.archive("env_a", noon + 3);
    assert.equal(await environments.update("env_a", 2, body, noon + 4), undefined);
  });

  describe("a deleted environment is in no list and still found", async ({ managed: { environments } }) => {
    for (const id of ["env_1", "env_2", "env_3"]) {
      await environments.create({ id, projectId: "prj_a", body: sampleEnvironment, createdAt: noon });
    }
    assert.equal(await environments.delete("env_2", noon + 1), true);
    assert.equal(await environments.delete("env_2", noon + 2), false);
    assert.equal((await environments.find("env_2"))?.deletedAt, noon + 1);
    await environments.archive("env_1", noon + 1);
    const list = async (includeArchived: boolean) =>
      (await readPages(1, (page) => environments.list({ ...page, includeArchived }))).map(({ id }) => id);
    assert.deepEqual(await list(false), ["env_3"]);
    assert.deepEqual(await list(true), ["env_3", "env_1"]);
  });
}
