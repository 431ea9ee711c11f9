import Anthropic from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Managed, readAll, startManaged } from "./start-managed.ts";

describe("agents and environments, by the vendor's own client", () => {
  let managed: Managed;
  before(async () => {
    managed = await startManaged();
  });
  after(() => managed.gantry.stop());

  const toolset = { type: "agent_toolset_20260401" } as const;
  const server = { type: "url", name: "search", url: "https://mcp.example.com/" } as const;

  test("an agent is answered with every default filled in", async () => {
    const { agents } = managed.client.beta;
    const agent = await agents.create({
      name: "reviewer",
      model: { id: "haiku", effort: "low" },
      tools: [
        { ...toolset, configs: [{ name: "bash", permission_policy: { type: "always_ask" } }, { name: "web_fetch" }] },
        { type: "mcp_toolset", mcp_server_name: "search" },
        { type: "custom", name: "deploy", description: "Deploys.", input_schema: { type: "object" } },
      ],
      mcp_servers: [server],
      skills: [{ type: "custom", skill_id: "skill_a" }],
      metadata: { team: "a" },
    });
    const allow = { enabled: true, permission_policy: { type: "always_allow" } };
    const ask = { enabled: true, permission_policy: { type: "always_ask" } };
    const { id, created_at, updated_at, ...rest } = agent;
    assert.match(id, /^agent_[a-z0-9]{24}$/);
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 600_000 && created_at === updated_at);
    assert.deepEqual(rest, {
      type: "agent",
      version: 1,
      name: "reviewer",
      description: null,
      model: { id: "haiku", effort: { type: "low" } },
      system: null,
      tools: [
        {
          ...toolset,
          default_config: allow,
          configs: [
            { name: "bash", type: "bash", ...ask },
            { name: "web_fetch", type: "web_fetch", ...allow, url_sources: null },
          ],
        },
        { type: "mcp_toolset", mcp_server_name: "search", default_config: ask, configs: [] },
        { type: "custom", name: "deploy", description: "Deploys.", input_schema: { type: "object" } },
      ],
      mcp_servers: [server],
      skills: [{ type: "custom", skill_id: "skill_a", version: "latest" }],
      multiagent: null,
      execution_identity: { type: "service_account" },
      metadata: { team: "a" },
      archived_at: null,
    });
    assert.deepEqual(await agents.retrieve(id), agent);
  });

  test("a change makes a version, a change of nothing makes none, and an old version is a conflict", async () => {
    const { agents } = managed.client.beta;
    const first = await agents.create({ name: "a", model: "haiku", system: "One.", metadata: { a: "1", b: "2" } });
    const second = await agents.update(first.id, { system: "Two.", metadata: { a: null, c: "3" }, version: 1 });
    assert.deepEqual([second.version, second.system, second.metadata], [2, "Two.", { b: "2", c: "3" }]);
    const same = await agents.update(first.id, { system: "Two.", model: { id: "haiku" }, metadata: {} });
    assert.deepEqual(same, second);
    await assert.rejects(agents.update(first.id, { system: "Three.", version: 1 }), (error) => {
      assert.ok(error instanceof Anthropic.ConflictError);
      assert.equal(error.headers?.get("x-should-retry"), "false");
      assert.match(error.requestID ?? "", /^req_/);
      return true;
    });
    assert.equal((await agents.retrieve(first.id, { version: 1 })).system, "One.");
    const versions = await readAll(agents.versions.list(first.id, { limit: 1 }));
    assert.deepEqual(
      versions.map(({ version }) => version),
      [2, 1],
    );
    const cleared = await agents.update(first.id, { system: null });
    assert.deepEqual([cleared.version, cleared.system], [3, null]);
  });

  test("of many changes at one time each makes its own version or is told of the conflict", async () => {
    const { agents } = managed.client.beta;
    const { id } = await agents.create({ name: "busy", model: "haiku" });
    const changes = Array.from({ length: 8 }, (_, index) => agents.update(id, { system: `Change ${index}.` }));
    const settled = await Promise.allSettled(changes);
    const made = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value.version] : []));
    for (const result of settled) {
      if (result.status === "rejected") assert.ok(result.reason instanceof Anthropic.ConflictError);
    }
    assert.ok(made.length > 0 && new Set(made).size === made.length);
    const versions = await readAll(agents.versions.list(id));
    assert.equal(versions.length, made.length + 1);
  });

  test("an archived agent can be read, and no more", async () => {
    const { agents } = managed.client.beta;
    const { id } = await agents.create({ name: "old", model: "haiku" });
    const archived = await agents.archive(id);
    assert.ok(archived.archived_at !== null);
    assert.deepEqual(await agents.archive(id), archived);
    assert.deepEqual(await agents.retrieve(id), archived);
    await assert.rejects(agents.update(id, { name: "new" }), Anthropic.ConflictError);
    const listed = async (include_archived: boolean) =>
      (await readAll(agents.list({ include_archived, limit: 2 }))).some((agent) => agent.id === id);
    assert.deepEqual([await listed(false), await listed(true)], [false, true]);
  });

  test("a roster is resolved to versions, and goes one level deep", async () => {
    const { agents } = managed.client.beta;
    const helper = await agents.create({ name: "helper", model: "haiku" });
    await agents.update(helper.id, { system: "Help." });
    const roster = [helper.id, { type: "self" as const }, { type: "advisor" as const, model: "opus" }];
    const lead = await agents.create({
      name: "lead",
      model: "haiku",
      multiagent: { type: "coordinator", agents: roster },
    });
    assert.deepEqual(lead.multiagent, {
      type: "coordinator",
      agents: [
        { type: "agent", id: helper.id, version: 2 },
        { type: "agent", id: lead.id, version: 1 },
        { type: "advisor", model: "opus" },
      ],
    });
    const other = await agents.create({
      name: "new form",
      model: "haiku",
      multiagent: { type: "multiagent_20261001" },
    });
    assert.deepEqual(other.multiagent, {
      type: "multiagent_20261001",
      subagents: { type: "enabled", inline_agents: { type: "enabled" }, predefined_agents: [] },
      workflows: { type: "enabled", inline_agents: { type: "enabled" }, predefined_agents: [] },
      advisor: { type: "disabled" },
    });
    for (const agent of [lead.id, "agent_none", { type: "agent" as const, id: helper.id, version: 9 }]) {
      const input = { name: "x", model: "haiku", multiagent: { type: "coordinator" as const, agents: [agent] } };
      await assert.rejects(agents.create(input), Anthropic.BadRequestError);
    }
  });

  test("an environment keeps what it was given and fills in the rest", async () => {
    const { environments } = managed.client.beta;
    const made = await environments.create({
      name: "limited",
      config: { type: "cloud", networking: { type: "limited", allowed_hosts: ["api.example.com"] } },
      metadata: { a: "1" },
    });
    assert.match(made.id, /^env_/);
    assert.deepEqual(made.config, {
      type: "cloud",
      networking: {
        type: "limited",
        allowed_hosts: ["api.example.com"],
        allow_mcp_servers: false,
        allow_package_managers: false,
      },
      packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
    });
    const changed = await environments.update(made.id, { description: "Narrow.", metadata: { a: "", b: "2" } });
    assert.deepEqual([changed.name, changed.description, changed.metadata], ["limited", "Narrow.", { b: "2" }]);
    assert.deepEqual(changed.config, made.config);
    const config = { type: "cloud" as const, packages: { pip: ["numpy==2.0"], npm: [] } };
    const { data, response } = await environments.create({ name: "with packages", config }).withResponse();
    assert.deepEqual(data.config.type === "cloud" && data.config.packages.pip, ["numpy==2.0"]);
    assert.equal(response.headers.get("x-gantry-ignored"), "config.packages.pip");
    assert.ok((await readAll(environments.list({ limit: 1 }))).some(({ id }) => id === made.id));
    assert.ok((await environments.archive(made.id)).archived_at !== null);
    await assert.rejects(environments.update(made.id, { name: "x" }), isCode("environment_archived", 400));
    assert.deepEqual(await environments.delete(made.id), { id: made.id, type: "environment_deleted" });
    await assert.rejects(environments.retrieve(made.id), isCode("environment_not_found", 404));
  });

  test("what is self-hosted and the parts that are not served answer 501 and say so", async () => {
    const { beta } = managed.client;
    const selfHosted = beta.environments.create({ name: "x", config: { type: "self_hosted" } });
    await assert.rejects(selfHosted, isCode("not_implemented", 501));
    for (const call of [
      beta.vaults.list(),
      beta.memoryStores.list(),
      beta.deployments.list(),
      beta.environments.work.stats("env_a"),
    ]) {
      await assert.rejects(Promise.resolve(call), isCode("not_implemented", 501));
    }
    const made = await beta.environments.create({ name: "x" });
    const changed = beta.environments.update(made.id, { config: { type: "self_hosted" } });
    await assert.rejects(changed, isCode("invalid_config_type_change", 400));
  });

  test("a project sees its own, and a key needs the scope", async () => {
    const [mine, other, none] = [
      await managed.clientOf(["sessions"]),
      await managed.clientOf(["sessions"], "other"),
      await managed.clientOf(["inference"]),
    ];
    const agent = await mine.beta.agents.create({ name: "mine", model: "haiku" });
    const environment = await mine.beta.environments.create({ name: "mine" });
    await assert.rejects(other.beta.agents.retrieve(agent.id), Anthropic.NotFoundError);
    await assert.rejects(other.beta.agents.update(agent.id, { name: "x" }), Anthropic.NotFoundError);
    await assert.rejects(other.beta.environments.delete(environment.id), Anthropic.NotFoundError);
    assert.deepEqual(await readAll(other.beta.agents.list()), []);
    await assert.rejects(none.beta.agents.list(), Anthropic.PermissionDeniedError);
    assert.equal((await managed.client.beta.agents.retrieve(agent.id)).id, agent.id);
  });

  test("fields that nobody knows here are left out and named", async () => {
    const body = { name: "x", model: { id: "haiku", mood: "good" }, tools: [{ ...toolset, colour: 1 }], "new,\n": 1 };
    const response = await managed.send("POST", "/v1/agents?beta=true", { body });
    assert.equal(response.status, 200);
    const ignored = response.headers.get("x-gantry-ignored")?.split(", ").toSorted();
    assert.deepEqual(ignored, ["beta", "model.mood", "new??", "tools[0].colour"].toSorted());
    assert.ok(response.headers.get("request-id"));
  });
});

function isCode(code: string, status: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Anthropic.APIError, String(error));
    assert.deepEqual([error.status, error.errorCode], [status, code]);
    return true;
  };
}
