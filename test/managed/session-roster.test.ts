import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions";
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../harness/server-state.ts";
import { readAll, startManaged } from "./start-managed.ts";

test("an agent's roster works in its sessions: each agent with its own system prompt, model, tools and policies", async (context) => {
  const { client, gantry } = await startManaged({ env: { GANTRY_MIN_READY: "0" } });
  context.after(() => gantry.stop());
  const { agents, environments, sessions } = client.beta;
  const policy = { type: "always_ask" as const };
  const configs = [{ name: "bash" as const, enabled: true, permission_policy: policy }];
  const reader = await agents.create({
    name: "Code reader",
    description: "Reads code.",
    model: "haiku",
    system: "You read code for others.",
    tools: [{ type: "agent_toolset_20260401", default_config: { enabled: false }, configs }],
  });
  const multiagent = { type: "coordinator" as const, agents: [reader.id] };
  const lead = await agents.create({ name: "lead", model: "haiku", multiagent });
  const environment = await environments.create({ name: "here" });
  const { id } = await sessions.create({ agent: lead.id, environment_id: environment.id });

  const callOf = (name: string, prompt: string): string =>
    `[[demo:tool Agent ${JSON.stringify({ description: "d", subagent_type: name, prompt })}]]`;
  let log: readonly Event[] = [];
  const told = () => log.map(({ type }) => type).join(", ");
  /** The log, when the session rests after this. */
  async function send(event: Parameters<typeof sessions.events.send>[1]["events"][number], reason: string) {
    const { data } = await sessions.events.send(id, { events: [event] });
    const sent = data?.at(-1)?.id;
    await eventually(async () => {
      log = await readAll(sessions.events.list(id));
      const since = log.slice(log.findIndex((one) => one.id === sent));
      return since.some(({ type }) => type === "session.status_idle");
    }, told);
    const idle = log.findLast((one) => one.type === "session.status_idle");
    assert.equal(idle?.stop_reason.type, reason, JSON.stringify(log.slice(-8)));
  }
  const say = (text: string, reason: string) =>
    send({ type: "user.message", content: [{ type: "text", text }] }, reason);

  const inner = '[[demo:tool Bash {"command":"echo from-below"}]][[demo:say Looked.]]';
  await say(`${callOf("Code-reader", inner)}[[demo:say Done.]]`, "requires_action");
  const created = log.find((event) => event.type === "session.thread_created") ?? assert.fail(told());
  assert.equal(created.agent_name, "Code reader");
  const threadId = created.session_thread_id;
  const asked = log.findLast((event) => event.type === "agent.tool_use") ?? assert.fail(told());
  // The lead has no tool at all: this one is the reader's, and so is the policy.
  assert.partialDeepStrictEqual(asked, { name: "bash", evaluated_permission: "ask", session_thread_id: threadId });
  await send({ type: "user.tool_confirmation", tool_use_id: asked.id, result: "allow" }, "end_turn");
  const results = log.filter((event) => event.type === "agent.tool_result");
  assert.match(JSON.stringify(results[0]?.content), /from-below/);
  assert.partialDeepStrictEqual(await sessions.threads.retrieve(threadId, { session_id: id }), {
    agent: { type: "agent", id: reader.id, version: 1, system: "You read code for others." },
  });

  await say(callOf("Code-reader", "[[demo:echo]]"), "end_turn");
  const said = log.findLast((event) => event.type === "agent.thread_message_received");
  assert.match(JSON.stringify(said?.content), /You read code for others\./);

  const last = () => JSON.stringify(log.findLast((event) => event.type === "agent.tool_result")?.content);
  await say('[[demo:tool Bash {"command":"echo own"}]]', "end_turn");
  assert.match(last(), /The agent does not have this tool\./);
  await say(callOf("general-purpose", "[[demo:say x]]"), "end_turn");
  assert.match(last(), /was not given to this session\./);
});
