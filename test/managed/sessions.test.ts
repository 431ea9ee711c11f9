import Anthropic, { toFile } from "@anthropic-ai/sdk";
import type { BetaManagedAgentsStreamSessionEvents } from "@anthropic-ai/sdk/resources/beta/sessions";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { workspacePath } from "../../packages/server/src/core/resources/resource-service.ts";
import { type Managed, readAll, startManaged } from "./start-managed.ts";

type Streamed = BetaManagedAgentsStreamSessionEvents;

describe("sessions, by the vendor's own client", () => {
  let managed: Managed;
  let agentId: string;
  let environmentId: string;
  before(async () => {
    managed = await startManaged();
    const { agents, environments } = managed.client.beta;
    const agent = await agents.create({
      name: "worker",
      model: "haiku",
      tools: [
        { type: "agent_toolset_20260401", configs: [{ name: "bash", permission_policy: { type: "always_ask" } }] },
        { type: "custom", name: "lookup", description: "Looks a thing up.", input_schema: { type: "object" } },
      ],
    });
    agentId = agent.id;
    environmentId = (await environments.create({ name: "here" })).id;
  });
  after(() => managed.gantry.stop());

  const make = (more: object = {}) =>
    managed.client.beta.sessions.create({ agent: agentId, environment_id: environmentId, ...more });
  const say = (id: string, text: string) =>
    managed.client.beta.sessions.events.send(id, {
      events: [{ type: "user.message", content: [{ type: "text", text }] }],
    });
  const isIdle = (reason: string) => (event: Streamed) =>
    event.type === "session.status_idle" && event.stop_reason.type === reason;
  /** What comes on a stream up to the event that is waited for. */
  async function readUntil(stream: AsyncIterable<Streamed>, isLast: (event: Streamed) => boolean): Promise<Streamed[]> {
    const events: Streamed[] = [];
    for await (const event of stream) {
      events.push(event);
      if (isLast(event)) return events;
    }
    throw new Error(`the stream ended: ${events.map(({ type }) => type).join(", ")}`);
  }
  const find = <Type extends Streamed["type"]>(events: readonly Streamed[], type: Type) => {
    const found = events.find((event) => event.type === type);
    assert.ok(found, `no ${type} in ${events.map((event) => event.type).join(", ")}`);
    return found as Extract<Streamed, { type: Type }>;
  };

  test("a message is answered, streamed as it comes with previews, and stands in the log", async () => {
    const { sessions } = managed.client.beta;
    const session = await make({ title: "First", metadata: { a: "1" } });
    assert.deepEqual([session.status, session.title, session.agent.id], ["idle", "First", agentId]);
    const stream = await sessions.events.stream(session.id, { event_deltas: ["agent.message"] });
    await say(session.id, "[[demo:say Hello there.]]");
    const events = await readUntil(stream, isIdle("end_turn"));
    const message = find(events, "agent.message");
    const deltas = events.flatMap((event) => (event.type === "event_delta" ? [event] : []));
    assert.ok(deltas.length > 0 && deltas.every(({ event_id }) => event_id === message.id));
    assert.equal(deltas.map(({ delta }) => delta.content.text).join(""), "Hello there.");
    assert.equal(find(events, "event_start").event.id, message.id);
    const log = await readAll(sessions.events.list(session.id));
    const stored = events.filter((event) => "id" in event && event.type !== "user.message");
    for (const event of stored)
      assert.ok(
        log.some((other) => "id" in event && other.id === event.id),
        event.type,
      );
    assert.ok(log.some(({ type }) => type === "span.model_request_end"));
    assert.equal((await sessions.retrieve(session.id)).status, "idle");
  });

  test("a tool asks, is allowed and runs; another is denied, and the agent is told", async () => {
    const { sessions } = managed.client.beta;
    const { id } = await make();
    const stream = await sessions.events.stream(id);
    await say(id, `[[demo:tool Bash {"command":"echo it-ran"}]]`);
    const asked = await readUntil(stream, isIdle("requires_action"));
    const use = find(asked, "agent.tool_use");
    assert.deepEqual([use.name, use.evaluated_permission], ["bash", "ask"]);
    const idle = find(asked, "session.status_idle");
    assert.ok(idle.stop_reason.type === "requires_action");
    assert.deepEqual(idle.stop_reason.event_ids, [use.id]);

    const open = (await (await managed.send("GET", `/v1/interactions?session_id=${id}`)).json()) as {
      data: { id: string; event_id: string; tool: string }[];
    };
    assert.equal(open.data.length, 1);
    assert.equal(open.data[0]?.event_id, use.id);

    const next = await sessions.events.stream(id);
    await sessions.events.send(id, {
      events: [{ type: "user.tool_confirmation", tool_use_id: use.id, result: "allow" }],
    });
    const allowed = await readUntil(next, isIdle("end_turn"));
    const result = find(allowed, "agent.tool_result");
    assert.match(JSON.stringify(result.content), /it-ran/);
    assert.equal(result.tool_use_id, use.id);

    const last = await sessions.events.stream(id);
    await say(id, `[[demo:tool Bash {"command":"echo never"}]]`);
    const again = find(await readUntil(last, isIdle("requires_action")), "agent.tool_use");
    const deny = {
      type: "user.tool_confirmation",
      tool_use_id: again.id,
      result: "deny",
      deny_message: "Not now.",
    } as const;
    await sessions.events.send(id, { events: [deny] });
    const log = async () =>
      await readAll(sessions.events.list(id, { types: ["session.status_idle", "agent.tool_result"] }));
    while (!isIdle("end_turn")((await log()).at(-1) as Streamed))
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.doesNotMatch(JSON.stringify((await log()).at(-2)), /never\\n/);
    // The same answer again is the same answer; another one is refused, and no client is told to try again.
    assert.equal((await sessions.events.send(id, { events: [deny] })).data?.length, 1);
    const other = { type: "user.tool_confirmation", tool_use_id: again.id, result: "allow" } as const;
    await assert.rejects(sessions.events.send(id, { events: [other] }), Anthropic.BadRequestError);
  });

  test("a custom tool is run by the client", async () => {
    const { sessions } = managed.client.beta;
    const { id } = await make();
    const stream = await sessions.events.stream(id);
    await say(id, `[[demo:tool lookup {"what":"x"}]]`);
    const use = find(await readUntil(stream, isIdle("requires_action")), "agent.custom_tool_use");
    assert.deepEqual([use.name, use.input], ["lookup", { what: "x" }]);
    const next = await sessions.events.stream(id);
    const content = [{ type: "text" as const, text: "found-it" }];
    const result = { type: "user.custom_tool_result", custom_tool_use_id: use.id, content } as const;
    await sessions.events.send(id, { events: [result] });
    const events = await readUntil(next, isIdle("end_turn"));
    assert.match(JSON.stringify(find(events, "agent.message").content), /found-it/);
  });

  test("an interrupt ends a turn, and the next message begins another", async () => {
    const { sessions } = managed.client.beta;
    const { id } = await make();
    const stream = await sessions.events.stream(id, { event_deltas: ["agent.message"] });
    await say(id, `[[demo:pace 1000]][[demo:say ${"One and two. ".repeat(500)}]]`);
    await readUntil(stream, ({ type }) => type === "event_delta");
    const ended = await sessions.events.stream(id);
    await sessions.events.send(id, { events: [{ type: "user.interrupt" }] });
    await readUntil(ended, isIdle("end_turn"));
    const next = await sessions.events.stream(id);
    await say(id, "[[demo:say Back.]]");
    assert.match(JSON.stringify(find(await readUntil(next, isIdle("end_turn")), "agent.message").content), /Back\./);
  });

  test("a session finds its files in its workspace, and is given more later", async () => {
    const { files, sessions } = managed.client.beta;
    const file = await files.upload({ file: await toFile(Buffer.from("from-a-file"), "note.txt") });
    const resources = [{ type: "file" as const, file_id: file.id, mount_path: "/workspace/in/note.txt" }];
    const session = await make({ resources });
    const [resource] = session.resources;
    assert.ok(resource?.type === "file");
    const { id: resourceId, mount_path } = resource;
    assert.deepEqual([resource.file_id, mount_path], [file.id, `${workspacePath}/in/note.txt`]);
    const stream = await sessions.events.stream(session.id);
    await say(session.id, `[[demo:tool Read ${JSON.stringify({ file_path: mount_path })}]]`);
    const result = find(await readUntil(stream, isIdle("end_turn")), "agent.tool_result");
    assert.match(JSON.stringify(result.content), /from-a-file/);
    const added = await sessions.resources.add(session.id, { type: "file", file_id: file.id });
    assert.deepEqual(await sessions.resources.retrieve(added.id, { session_id: session.id }), added);
    const listed = (await readAll(sessions.resources.list(session.id, { limit: 1 }))) as { id: string }[];
    assert.deepEqual(
      listed.map(({ id }) => id),
      [resourceId, added.id],
    );
    await sessions.resources.delete(added.id, { session_id: session.id });
    await assert.rejects(sessions.resources.retrieve(added.id, { session_id: session.id }), Anthropic.NotFoundError);
  });

  test("a session is changed, listed, archived and deleted", async () => {
    const { sessions } = managed.client.beta;
    const session = await make({ metadata: { a: "1", b: "2" } });
    const changed = await sessions.update(session.id, { title: "Renamed", metadata: { a: null } });
    assert.deepEqual([changed.title, changed.metadata], ["Renamed", { b: "2" }]);
    const listed = await readAll(sessions.list({ agent_id: agentId, statuses: ["idle", "running"], limit: 2 }));
    assert.ok(listed.some(({ id }) => id === session.id));
    const [thread] = (await sessions.threads.list(session.id)).data;
    assert.ok(thread);
    assert.equal((await sessions.threads.retrieve(thread.id, { session_id: session.id })).id, thread.id);
    assert.ok((await sessions.archive(session.id)).archived_at !== null);
    await assert.rejects(say(session.id, "hello"), Anthropic.APIError);
    assert.ok((await readAll(sessions.events.list(session.id))).length > 0);
    assert.deepEqual(await sessions.delete(session.id), { id: session.id, type: "session_deleted" });
    await assert.rejects(sessions.retrieve(session.id), Anthropic.NotFoundError);
  });

  test("pages of events lead both ways", async () => {
    const { id } = await make();
    const stream = await managed.client.beta.sessions.events.stream(id);
    await say(id, "[[demo:say One.]]");
    await readUntil(stream, isIdle("end_turn"));
    const page = async (query: string) =>
      (await (await managed.send("GET", `/v1/sessions/${id}/events?${query}`)).json()) as {
        data: { id: string }[];
        next_page: string | null;
        prev_page: string | null;
      };
    const all = await page("limit=1000");
    const ids = all.data.map((event) => event.id);
    const first = await page("limit=2");
    const second = await page(`limit=2&page=${encodeURIComponent(first.next_page ?? "")}`);
    const back = await page(`limit=2&page=${encodeURIComponent(second.prev_page ?? "")}`);
    const seen = [first, second, back].map(({ data }) => data.map((event) => event.id));
    assert.deepEqual(seen, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(0, 2)]);
    const turned = await page("order=desc&limit=1000");
    assert.deepEqual(
      turned.data.map((event) => event.id),
      ids.toReversed(),
    );
    const kinds = await page("types[]=user.message&types[]=agent.message");
    assert.equal(kinds.data.length, 2);
  });
});
