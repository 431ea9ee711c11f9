import Anthropic, { toFile } from "@anthropic-ai/sdk";
import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions";
import assert from "node:assert/strict";
import { mkdir, mkdtempDisposable, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { workspacePath } from "../../packages/server/src/core/resources/resource-service.ts";
import { findProcesses, waitUntilNone } from "../harness/processes.ts";
import { eventually } from "../harness/server-state.ts";
import { startPostgres, type Postgres } from "../harness/start-postgres.ts";
import { type Managed, readAll, startManaged } from "./start-managed.ts";

const say = (text: string) => ({
  events: [{ type: "user.message" as const, content: [{ type: "text" as const, text }] }],
});
const allow = (tool_use_id: string) => ({
  events: [{ type: "user.tool_confirmation" as const, tool_use_id, result: "allow" as const }],
});
const interrupt = { events: [{ type: "user.interrupt" as const }] };
const held = { gantry: { approvals: { hold_seconds: 3600 } } };
const mark = (name: string) => `[[demo:tool Bash {"command":"echo ${name} >> marks; cat marks"}]]`;
const resultsOf = (log: readonly Event[]) =>
  log.flatMap((event) => (event.type === "agent.tool_result" ? [JSON.stringify(event.content)] : []));
const isRunning = (log: readonly Event[]) => log.at(-1)?.type === "span.model_request_start";
const restsFor = (log: readonly Event[], reason: string): boolean => {
  const last = log.findLast(({ type }) => type.startsWith("session.status_"));
  return last?.type === "session.status_idle" && last.stop_reason.type === reason;
};

describe("servers that share a database, and the sessions in it", () => {
  let postgres: Postgres;
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let nodes: readonly Managed[];
  let made: { readonly agent: string; readonly environment_id: string };
  /** One key, at each of the servers. */
  let clients: readonly Anthropic[];
  const at = (node: number): Anthropic["beta"]["sessions"] => (clients[node] ?? assert.fail()).beta.sessions;

  before(async () => {
    [postgres, folder] = [await startPostgres(), await mkdtempDisposable(join(tmpdir(), "gantry-nodes-"))];
    await mkdir(join(folder.path, "files"));
    const env = { GANTRY_DATABASE_URL: await postgres.createDatabase(), GANTRY_MIN_READY: "0" };
    const start = async (name: string): Promise<Managed> => {
      const data = join(folder.path, name);
      await mkdir(data);
      // Contents of files are one folder for all; the rest of a data directory is its server's own.
      await symlink(join(folder.path, "files"), join(data, "files"));
      return await startManaged({ data, env, untilReady: true });
    };
    nodes = await Promise.all(["one", "two", "three"].map(start));
    const first = (await nodes[0]?.clientOf(["sessions", "inference", "approve"])) ?? assert.fail();
    clients = nodes.map(
      ({ gantry }) => new Anthropic({ baseURL: gantry.url, apiKey: first.apiKey ?? "", maxRetries: 0 }),
    );
    const configs = [{ name: "bash" as const, permission_policy: { type: "always_ask" as const } }];
    const tools = [{ type: "agent_toolset_20260401" as const, configs }];
    const agent = await first.beta.agents.create({ name: "worker", model: "haiku", tools });
    const environment = await first.beta.environments.create({ name: "here" });
    made = { agent: agent.id, environment_id: environment.id };
  });
  after(async () => {
    await Promise.all(nodes.map(({ gantry }) => gantry.stop()));
    await postgres.stop();
    await folder[Symbol.asyncDispose]();
  });

  const make = async (node: number, more: object = {}) => (await at(node).create({ ...made, ...more })).id;
  async function until(node: number, id: string, holds: (log: readonly Event[]) => boolean) {
    let log: readonly Event[] = [];
    await eventually(
      async () => holds((log = await readAll(at(node).events.list(id)))),
      () => `the log is so: ${log.map(({ type }) => type).join(", ")}`,
    );
    return log;
  }
  async function ask(node: number, id: string, name: string): Promise<string> {
    await at(node).events.send(id, say(mark(name)));
    const log = await until(node, id, (events) => restsFor(events, "requires_action"));
    return log.findLast(({ type }) => type === "agent.tool_use")?.id ?? assert.fail();
  }
  function assertWhole(log: readonly Event[]): void {
    const sequences = log.map((event) => (event as { gantry?: { sequence?: number } }).gantry?.sequence);
    const expected = log.map((_, index) => index + 1);
    assert.deepEqual(sequences, expected, "no gap");
    assert.equal(new Set(log.map(({ id }) => id)).size, log.length, "no double");
  }

  test("a session that works on one is read, streamed, answered and interrupted at another", async () => {
    const content = await toFile(Buffer.from("from-a-file"), "note.txt");
    const file = await (clients[1] ?? assert.fail()).beta.files.upload({ file: content });
    const resources = [{ type: "file", file_id: file.id, mount_path: "/workspace/note.txt" }];
    const id = await make(0, { resources, ...held });
    const stream = await at(1).events.stream(id);
    const seen: Event[] = [];
    const reading = (async () => {
      for await (const event of stream) {
        if ("id" in event && event.type !== "session.deleted") seen.push(event as Event);
        if (event.type === "session.status_idle" && event.stop_reason.type === "end_turn") return;
      }
    })();
    await at(0).events.send(id, say(`[[demo:tool Bash {"command":"cat note.txt"}]]`));
    const asked = await until(1, id, (log) => restsFor(log, "requires_action"));
    await at(1).events.send(id, allow(asked.find(({ type }) => type === "agent.tool_use")?.id ?? ""));
    await reading;
    const log = await readAll(at(0).events.list(id));
    assert.match(resultsOf(log).join(), /from-a-file/);
    assert.deepEqual(new Set(seen.map((event) => event.id)), new Set(log.map((event) => event.id)));

    await at(0).events.send(id, say("[[demo:pace 500]][[demo:tokens 1000]]"));
    await until(1, id, isRunning);
    await at(1).events.send(id, interrupt);
    const interrupted = await until(1, id, (events) => restsFor(events, "end_turn"));
    assert.partialDeepStrictEqual(interrupted.at(-1), { gantry: { detail: "interrupted" } });
    assertWhole(interrupted);
  });

  test("what a killed and a frozen server left is taken up by another, once, and the frozen one adds nothing", async (context) => {
    const [killed, , frozen] = nodes;
    assert.ok(killed && frozen);
    const count = async () => (await findProcesses(frozen.gantry.processes)).length;
    // What is kept ready for chats.
    const others = await count();
    const waiting = await make(0);
    const open = await ask(0, waiting, "one");
    const holding = await make(0, held);
    const heldOpen = await ask(0, holding, "two");
    const acting = await make(0);
    const place = { file_path: `${workspacePath}/f` };
    await at(0).events.send(
      acting,
      say(`[[demo:tool Write ${JSON.stringify({ ...place, content: "x" })}]][[demo:hang]]`),
    );
    await until(0, acting, (log) => resultsOf(log).length === 1 && isRunning(log));
    const speaking = await make(2);
    await at(2).events.send(speaking, say("[[demo:pace 100]][[demo:tokens 50]]"));
    await until(2, speaking, isRunning);

    process.kill(frozen.gantry.pid, "SIGSTOP");
    context.after(() => process.kill(frozen.gantry.pid, "SIGCONT"));
    await killed.gantry.kill9();
    await waitUntilNone(killed.gantry.processes);

    // Nobody holds this one, so that nothing has to run out before it is gone on with, from the transcript in the database.
    await at(1).events.send(waiting, allow(open));
    const answered = await until(1, waiting, (log) => restsFor(log, "end_turn"));
    assert.doesNotMatch(JSON.stringify(answered), /"restored":"log"/);
    assert.deepEqual(
      resultsOf(answered).map((text) => /one/.exec(text)?.[0]),
      ["one"],
    );

    await at(1).events.send(holding, allow(heldOpen));
    const held2 = await until(1, holding, (log) => restsFor(log, "end_turn"));
    assert.deepEqual(
      resultsOf(held2).map((text) => /two/.exec(text)?.[0]),
      ["two"],
      "it ran once",
    );
    const broken = await until(1, acting, (log) => restsFor(log, "retries_exhausted"));
    assert.equal(resultsOf(broken).length, 1, "what had its effect is not done again");
    await at(1).events.send(acting, say(`[[demo:tool Read ${JSON.stringify(place)}]]`));
    const after = await until(1, acting, (log) => restsFor(log, "end_turn"));
    // The folder stayed with its server.
    assert.match(resultsOf(after).at(-1) ?? "", /not exist|no such/i);

    const spoken = await until(1, speaking, (log) => restsFor(log, "end_turn"));
    process.kill(frozen.gantry.pid, "SIGCONT");
    await eventually(async () => (await count()) <= others, "the program that it had for the session is gone");
    assert.deepEqual(await readAll(at(2).events.list(speaking)), spoken);
    assert.equal(spoken.filter(({ type }) => type === "agent.message").length, 1);
    for (const log of [answered, held2, after, spoken]) assertWhole(log);
  });
});
