import Anthropic from "@anthropic-ai/sdk";
import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions";
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestFolder, sampleHome } from "../capabilities/claude-home.ts";
import { readApi } from "../harness/admin.ts";
import { eventually } from "../harness/server-state.ts";
import { startEndpoint } from "../webhooks/webhook-under-test.ts";
import { readAll, startManaged } from "./start-managed.ts";

test("a subagent has a thread: made, at work and at rest, with what it does and what passes between them", async (context) => {
  const home = await createTestFolder(sampleHome);
  context.after(() => home.remove());
  const endpoint = await startEndpoint(context);
  const webhooks = JSON.stringify({ privateHosts: [new URL(endpoint.url).host] });
  const env = { GANTRY_CLAUDE_HOME: home.path, GANTRY_MIN_READY: "0", GANTRY_WEBHOOKS: webhooks };
  const { client, gantry } = await startManaged({ env });
  context.after(() => gantry.stop());
  const events = ["session.thread_created", "session.thread_idled"];
  await readApi(gantry, "POST", "/v1/admin/webhooks", { projectId: "default", url: endpoint.url, events });
  const { agents, environments, sessions } = client.beta;
  const configs = [{ name: "bash" as const, permission_policy: { type: "always_ask" as const } }];
  const tools = [{ type: "agent_toolset_20260401" as const, configs }];
  const agent = await agents.create({ name: "main", model: "haiku", tools });
  const environment = await environments.create({ name: "here" });
  const capabilities = { agents: ["security-auditor"] };
  // `gantry` is our own: the vendor's types do not have it.
  const made = { agent: agent.id, environment_id: environment.id, gantry: { capabilities } };
  const { id } = await sessions.create(made);
  const prompt = '[[demo:tool Bash {"command":"echo from-below"}]][[demo:say Looked.]]';
  const call = { description: "d", subagent_type: "security-auditor", prompt };
  const text = `[[demo:tool Agent ${JSON.stringify(call)}]][[demo:say Done.]]`;
  await sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] });
  let log: readonly Event[] = [];
  const restsFor = (reason: string) => async (): Promise<boolean> => {
    log = await readAll(sessions.events.list(id));
    const last = log.findLast(({ type }) => type === "session.status_idle" || type === "session.status_running");
    return last?.type === "session.status_idle" && last.stop_reason.type === reason;
  };
  const told = () => log.map(({ type }) => type).join(", ");
  await eventually(restsFor("requires_action"), told);

  const created = log.find((event) => event.type === "session.thread_created") ?? assert.fail(told());
  const threadId = created.session_thread_id;
  assert.equal(created.agent_name, "security-auditor");
  const asked = log.findLast((event) => event.type === "agent.tool_use");
  assert.partialDeepStrictEqual(asked, { name: "bash", evaluated_permission: "ask", session_thread_id: threadId });
  const find = async () => await sessions.threads.retrieve(threadId, { session_id: id });
  assert.partialDeepStrictEqual(await find(), {
    session_id: id,
    status: "running",
    agent: { type: "inline", name: "security-auditor" },
  });
  const tool_use_id = asked?.id ?? "";
  await sessions.events.send(id, { events: [{ type: "user.tool_confirmation", tool_use_id, result: "allow" }] });
  await eventually(restsFor("end_turn"), told);

  const ofThread = (event: Event): boolean => /thread/.test(event.type) || JSON.stringify(event).includes(threadId);
  const expected = [
    "session.thread_created",
    "agent.thread_message_sent",
    "session.thread_status_running",
    "agent.tool_use",
    "agent.tool_result",
    "agent.thread_message_received",
    "session.thread_status_idle",
  ];
  const shown = log.filter(ofThread);
  assert.deepEqual(
    shown.map(({ type }) => type),
    expected,
    told(),
  );
  const received = shown.find((event) => event.type === "agent.thread_message_received");
  assert.match(JSON.stringify(received?.content), /Looked\./);
  assert.match(JSON.stringify(shown[4]), /from-below/);

  await endpoint.until(events.length);
  const hooked = endpoint.received.map(({ body }) => (JSON.parse(body) as { data: object }).data);
  for (const type of events) {
    const data = { type, id, session_thread_id: threadId };
    assert.partialDeepStrictEqual(
      hooked.find((one) => "type" in one && one.type === type),
      data,
    );
  }

  const threads = await readAll(sessions.threads.list(id, { limit: 1 }));
  const [primary, child] = threads;
  assert.equal(threads.length, 2);
  assert.partialDeepStrictEqual(child, { id: threadId, parent_thread_id: primary?.id ?? "", status: "idle" });
  assert.deepEqual(await readAll(sessions.threads.events.list(threadId, { session_id: id })), shown);
  await assert.rejects(sessions.threads.archive(threadId, { session_id: id }), Anthropic.ConflictError);
  const nobody = sessions.threads.retrieve("sthr_nobody", { session_id: id });
  await assert.rejects(nobody, Anthropic.NotFoundError);
});
