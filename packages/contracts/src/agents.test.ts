import assert from "node:assert/strict";
import { test } from "node:test";
import { agentInput, agentUpdate } from "./agents.ts";
import { environmentInput } from "./environments.ts";
import { sessionResourceInput } from "./session-resources.ts";

const firstMessage = (result: ReturnType<typeof agentInput.safeParse>) => result.error?.issues[0]?.message;
const agent = { name: "a", model: "haiku" };

test("a model and an effort may be texts", () => {
  assert.deepEqual(agentInput.parse(agent).model, { id: "haiku" });
  const model = { id: "haiku", effort: "low" };
  assert.deepEqual(agentInput.parse({ ...agent, model }).model, { id: "haiku", effort: { type: "low" } });
  assert.equal(agentInput.safeParse({ ...agent, model: null }).success, false);
  assert.equal(agentInput.safeParse({ ...agent, model: { id: "haiku", effort: "most" } }).success, false);
});

test("tools are counted over all toolsets, and each is there once", () => {
  const custom = (name: string) => ({ type: "custom", name, description: "", input_schema: { type: "object" } });
  const toolset = { type: "agent_toolset_20260401" };
  const many = Array.from({ length: 249 }, (_, index) => custom(`t${index}`));
  assert.equal(agentInput.safeParse({ ...agent, tools: many }).success, true);
  assert.match(firstMessage(agentInput.safeParse({ ...agent, tools: [toolset, ...many] })) ?? "", /256 tools/);
  assert.match(firstMessage(agentInput.safeParse({ ...agent, tools: [custom("a"), custom("a")] })) ?? "", /once/);
  assert.match(firstMessage(agentInput.safeParse({ ...agent, tools: [toolset, toolset] })) ?? "", /one agent toolset/);
});

test("a roster takes ids, references, the agent itself and advisors", () => {
  const agents = [
    "agent_a",
    { type: "agent", id: "agent_b", version: 2 },
    { type: "self" },
    { type: "advisor", model: "opus" },
  ];
  const parsed = agentUpdate.parse({ multiagent: { type: "coordinator", agents } });
  assert.deepEqual(parsed.multiagent, {
    type: "coordinator",
    agents: [{ type: "agent", id: "agent_a" }, ...agents.slice(1)],
  });
  for (const entry of [{ type: "self", id: "agent_a" }, { type: "advisor" }, { type: "agent" }, {}, 7]) {
    assert.equal(agentUpdate.safeParse({ multiagent: { type: "coordinator", agents: [entry] } }).success, false);
  }
});

test("packages in a limited network need the leave to ask package managers", () => {
  const config = (networking: object) => ({
    name: "e",
    config: { type: "cloud", networking, packages: { npm: ["left-pad@1"] } },
  });
  assert.equal(environmentInput.safeParse(config({ type: "unrestricted" })).success, true);
  assert.equal(environmentInput.safeParse(config({ type: "limited", allow_package_managers: true })).success, true);
  assert.equal(environmentInput.safeParse(config({ type: "limited" })).success, false);
});

test("nothing that could be an option or lead elsewhere is a package, a branch or a path", () => {
  for (const name of ["--global", "a;b", "$(id)", "a b", "a\nb", "-e"]) {
    const config = { type: "cloud", packages: { npm: [name] } };
    assert.equal(environmentInput.safeParse({ name: "e", config }).success, false, name);
  }
  const repository = (more: object) => ({ type: "github_repository", url: "https://example.com/a.git", ...more });
  for (const name of ["--upload-pack=x", "a..b", "a b", "x@{1}", "a^"]) {
    const checkout = { type: "branch", name };
    assert.equal(sessionResourceInput.safeParse(repository({ checkout })).success, false, name);
  }
  for (const path of ["/a/../b", "a", "/", "/a/./b", "/a//b", "/a/"]) {
    assert.equal(sessionResourceInput.safeParse(repository({ mount_path: path })).success, false, path);
  }
  for (const url of ["ext::sh -c id", "ssh://host/a", "git@github.com:a/b", "http://example.com/a"]) {
    assert.equal(sessionResourceInput.safeParse(repository({ url })).success, false, url);
  }
});
