import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionAgent, ThreadAgent } from "@gantry/contracts/agents";
import { giveRoster, listRoster } from "./session-roster.ts";

const agentOf = (name: string, changes: Partial<ThreadAgent> = {}): ThreadAgent => ({
  type: "agent",
  id: `agent_${name}`,
  version: 1,
  name,
  description: null,
  model: { id: "haiku" },
  system: null,
  tools: [],
  mcp_servers: [],
  skills: [],
  execution_identity: { type: "service_account" },
  ...changes,
});
const coordinate = (...agents: readonly ThreadAgent[]): Pick<SessionAgent, "multiagent"> => ({
  multiagent: { type: "coordinator", agents: [...agents, { type: "advisor", model: "opus" }] },
});

test("agents of a roster have names that can be those of files, each its own", () => {
  const names = [
    "Code reader",
    "code-reader",
    "../../etc",
    "läufer",
    "\n",
    "--",
    "12",
    "No",
    "a: b\nhooks: x",
    "x".repeat(256),
  ];
  const roster = listRoster(coordinate(...names.map((name) => agentOf(name))));
  assert.deepEqual(
    roster.map(({ name }) => name),
    [
      "Code-reader",
      "code-reader-2",
      "etc",
      "l-ufer",
      "agent",
      "agent-2",
      "agent-12",
      "agent-No",
      "a-b-hooks-x",
      "x".repeat(100),
    ],
  );
  assert.deepEqual(listRoster({ multiagent: null }), []);
  const subagents = { type: "enabled" as const, predefined_agents: [agentOf("one")] };
  const workflows = { type: "enabled" as const, predefined_agents: [agentOf("two")] };
  const advisor = { type: "disabled" as const };
  const multiagent = { type: "multiagent_20261001" as const, subagents, workflows, advisor };
  assert.deepEqual(
    listRoster({ multiagent }).map(({ name }) => name),
    ["one"],
  );
});

test("a page of a roster's agent holds what it is, and nothing that its texts could add", () => {
  const policy = (type: "always_allow" | "always_deny") => ({ permission_policy: { type } });
  const tools: ThreadAgent["tools"] = [
    {
      type: "agent_toolset_20260401",
      default_config: { enabled: false, ...policy("always_allow") },
      configs: [
        { name: "bash", type: "bash", enabled: true, ...policy("always_allow") },
        { name: "read", type: "read", enabled: true, ...policy("always_deny") },
      ],
    },
  ];
  const description = 'Reads.\nhooks: {"Stop": 1}';
  const given = giveRoster(
    undefined,
    listRoster(coordinate(agentOf("reader", { description, tools, system: "Read." }))),
  );
  assert.deepEqual(given?.agents, [
    {
      name: "reader",
      markdown: `---\nname: reader\ndescription: ${JSON.stringify(description)}\ntools: "Bash"\nmodel: "haiku"\n---\n\nRead.\n`,
    },
  ]);
  assert.deepEqual([given?.tools, given?.callable], [["Agent"], { agents: ["reader"], skills: [] }]);
  assert.match(given?.description ?? "", /"subagent_type":"reader"/);
  assert.equal(giveRoster(undefined, []), undefined);
});
