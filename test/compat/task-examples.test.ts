import assert from "node:assert/strict";
import { test } from "node:test";
import { at, useCompat } from "./start-compat.ts";

// The tasks of the pages of the task service, each with words for the demo model behind it.

const compat = useCompat();
const say = "[[demo:say Found two.]]";

test("the examples of POST /v1/task", async () => {
  const agent = { description: "d", subagent_type: "company-workflow-analyst", prompt: "Look. [[demo:say Seen.]]" };
  const examples: readonly object[] = [
    {
      description: `List Python files in src/ [[demo:tool Bash {"command":"ls"}]]${say}`,
      allow_tools: ["Bash", "Glob"],
      timeout: 60,
    },
    {
      description: `Extract workflows from meeting transcript [[demo:tool Agent ${JSON.stringify(agent)}]]${say}`,
      allow_tools: ["Read", "Write"],
      allow_agents: ["company-workflow-analyst"],
      allow_skills: ["semantic-text-matcher"],
      timeout: 300,
      max_cost: 1.0,
    },
    {
      description: `Analyze customer feedback and extract workflows ${say}`,
      allow_agents: ["company-workflow-analyst"],
      allow_skills: ["semantic-text-matcher", "entity-mapper"],
      allow_tools: ["Read", "Write", "Bash"],
    },
  ];
  for (const example of examples) {
    const { status, body } = await compat().send("POST", "/v1/task", example);
    assert.equal(status, 200, JSON.stringify(body));
    assert.partialDeepStrictEqual(body, {
      status: "completed",
      result: { summary: "Found two.", full_output: "Found two." },
    });
    assert.equal(typeof at(body, "task_id"), "string");
    assert.ok(Array.isArray(at(body, "execution_log")) && Array.isArray(at(body, "artifacts")));
    for (const field of ["step", "timestamp", "action", "details"]) {
      assert.ok(at(body, `execution_log.0.${field}`) !== undefined, field);
    }
    for (const field of ["input_tokens", "output_tokens", "total_tokens", "total_cost", "duration_seconds"]) {
      assert.equal(typeof at(body, `usage.${field}`), "number", field);
    }
    assert.equal(typeof at(body, "usage.model_used"), "string");
  }
});

test("an agent or a skill that is not there is a 400 with the same words as one that may not be seen", async () => {
  const { send, admin } = compat();
  const narrow = await admin.createKey({ profile: "pro", scopes: ["tasks"] });
  const task = { description: say, allow_tools: ["Read"], max_cost: 0.5 };
  const [hidden, missing] = await Promise.all([
    send("POST", "/v1/task", { ...task, allow_agents: ["company-workflow-analyst"] }, narrow.key),
    send("POST", "/v1/task", { ...task, allow_agents: ["nobody"] }, narrow.key),
  ]);
  assert.deepEqual([hidden?.status, missing?.status], [400, 400]);
  const told = [hidden, missing].map((reply) => String(at(reply?.body, "detail")).replace(/"[^"]*"/, "NAME"));
  assert.equal(told[0], told[1]);
});
