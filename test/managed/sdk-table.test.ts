import Anthropic, { toFile } from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { listSdkMethods } from "./sdk-methods.ts";
import { type Managed, readAll, startManaged } from "./start-managed.ts";

let managed: Managed;
before(async () => {
  managed = await startManaged();
});
after(() => managed.gantry.stop());

async function readTable(): Promise<Map<string, string>> {
  const page = await readFile(new URL("../../docs/managed-agents.md", import.meta.url), "utf8");
  const rows = page.matchAll(/^\| `([\w.]+)` \| (works|partly|not yet) \|/gm);
  return new Map([...rows].map(([, method = "", state = ""]) => [method, state]));
}

/** A call of each method that is as good as a call can be. */
async function createCalls(client: Anthropic): Promise<Record<string, () => PromiseLike<unknown>>> {
  const { agents, environments, files, sessions } = client.beta;
  const tools = [{ type: "custom", name: "lookup", description: "x", input_schema: { type: "object" } }] as const;
  const agent = await agents.create({ name: "a", model: "haiku", tools: [...tools] });
  const environment = await environments.create({ name: "e" });
  const make = () => sessions.create({ agent: agent.id, environment_id: environment.id });
  const upload = async () => await files.upload({ file: await toFile(Buffer.from("x"), "x.txt") });
  const [session, file] = [await make(), await upload()];
  const [thread] = (await sessions.threads.list(session.id)).data;
  assert.ok(thread);
  const ofSession = { session_id: session.id };
  const ofEnvironment = { environment_id: environment.id };
  const add = async () => await sessions.resources.add((await make()).id, { type: "file", file_id: file.id });
  const addTo = (path: string) =>
    sessions.resources.add(session.id, { type: "file", file_id: file.id, mount_path: `/workspace/${path}` });
  const [resource, leaving] = [await addTo("kept"), await addTo("leaving")];
  const text = [{ type: "text" as const, text: "[[demo:say Hi.]]" }];
  const { work } = environments;
  return {
    "agents.archive": async () => await agents.archive((await agents.create({ name: "b", model: "haiku" })).id),
    "agents.create": () => agents.create({ name: "c", model: "haiku" }),
    "agents.list": () => readAll(agents.list()),
    "agents.retrieve": () => agents.retrieve(agent.id),
    "agents.update": () => agents.update(agent.id, { description: "d" }),
    "agents.versions.list": () => readAll(agents.versions.list(agent.id)),
    "environments.archive": async () => await environments.archive((await environments.create({ name: "f" })).id),
    "environments.create": () => environments.create({ name: "g" }),
    "environments.delete": async () => await environments.delete((await environments.create({ name: "h" })).id),
    "environments.list": () => readAll(environments.list()),
    "environments.retrieve": () => environments.retrieve(environment.id),
    "environments.update": () => environments.update(environment.id, { description: "d" }),
    "environments.work.ack": () => work.ack("work_a", ofEnvironment),
    "environments.work.heartbeat": () => work.heartbeat("work_a", ofEnvironment),
    "environments.work.list": () => work.list(environment.id),
    "environments.work.poll": () => work.poll(environment.id, {}),
    // Both begin with a poll.
    "environments.work.poller": () => work.poll(environment.id, { block_ms: 1 }),
    "environments.work.worker": () => work.poll(environment.id, { block_ms: 2 }),
    "environments.work.retrieve": () => work.retrieve("work_a", ofEnvironment),
    "environments.work.stats": () => work.stats(environment.id),
    "environments.work.stop": () => work.stop("work_a", ofEnvironment),
    "environments.work.update": () => work.update("work_a", { ...ofEnvironment, metadata: {} }),
    "files.delete": async () => await files.delete((await upload()).id),
    "files.download": () => files.download(file.id),
    "files.list": () => readAll(files.list()),
    "files.retrieveMetadata": () => files.retrieveMetadata(file.id),
    "files.upload": upload,
    "sessions.archive": async () => await sessions.archive((await make()).id),
    "sessions.create": make,
    "sessions.delete": async () => await sessions.delete((await make()).id),
    "sessions.events.list": () => readAll(sessions.events.list(session.id)),
    "sessions.events.send": () =>
      sessions.events.send(session.id, { events: [{ type: "user.message", content: text }] }),
    "sessions.events.stream": async () => (await sessions.events.stream(session.id)).controller.abort(),
    "sessions.events.toolRunner": async () => await runTool(client, (await make()).id),
    "sessions.list": () => readAll(sessions.list()),
    "sessions.resources.add": add,
    "sessions.resources.delete": () => sessions.resources.delete(leaving.id, ofSession),
    "sessions.resources.list": () => readAll(sessions.resources.list(session.id)),
    "sessions.resources.retrieve": () => sessions.resources.retrieve(resource.id, ofSession),
    "sessions.resources.update": () =>
      sessions.resources.update(resource.id, { ...ofSession, authorization_token: "t" }),
    "sessions.retrieve": () => sessions.retrieve(session.id),
    "sessions.threads.archive": () => sessions.threads.archive(thread.id, ofSession),
    "sessions.threads.events.list": () => readAll(sessions.threads.events.list(thread.id, ofSession)),
    "sessions.threads.events.stream": async () =>
      (await sessions.threads.events.stream(thread.id, ofSession)).controller.abort(),
    "sessions.threads.list": () => readAll(sessions.threads.list(session.id)),
    "sessions.threads.retrieve": () => sessions.threads.retrieve(thread.id, ofSession),
    "sessions.update": () => sessions.update(session.id, { title: "t" }),
  };
}

/** The vendor's own loop that answers custom tools: it sees a call, runs it, and the turn goes on to its end. */
async function runTool(client: Anthropic, id: string): Promise<void> {
  const run = betaTool({
    name: "lookup",
    description: "x",
    inputSchema: { type: "object", properties: {} },
    run: () => "the-answer",
  });
  const runner = client.beta.sessions.events.toolRunner(id, { tools: [run] });
  const text = [{ type: "text" as const, text: "[[demo:tool lookup {}]]" }];
  await client.beta.sessions.events.send(id, { events: [{ type: "user.message", content: text }] });
  for await (const call of runner) {
    assert.equal(call.name, "lookup");
    break;
  }
  for (;;) {
    const log = await readAll(client.beta.sessions.events.list(id));
    if (log.some((event) => event.type === "agent.message" && JSON.stringify(event.content).includes("the-answer")))
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What says no by its nature, with the status that it says it with. */
const refused: Readonly<Record<string, number>> = { "sessions.resources.update": 409, "sessions.threads.archive": 409 };

test("docs/managed-agents.md has a row for each method of the SDK, and no other", async () => {
  assert.deepEqual([...(await readTable()).keys()], listSdkMethods());
});

test("each method does what its row in docs/managed-agents.md says", async () => {
  const calls = await createCalls(managed.client);
  for (const [method, state] of await readTable()) {
    const call = calls[method];
    assert.ok(call !== undefined, method);
    const status = state === "not yet" ? 501 : refused[method];
    const done = Promise.resolve(call()).then(
      () => undefined,
      (error: unknown) => {
        assert.ok(error instanceof Anthropic.APIError, `${method}: ${String(error)}`);
        return error.status;
      },
    );
    assert.equal(await done, status, method);
  }
});
