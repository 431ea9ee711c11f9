import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions";
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../harness/server-state.ts";
import { readAll, startManaged } from "./start-managed.ts";

/** What becomes of a session's stored conversation; null where nothing is left of it. */
const damages: Readonly<Record<string, (content: string) => string | null>> = {
  "is gone": () => null,
  "is no text of the program": () => "\u0000garbage\n",
  "has lines that tell nothing": () => '{"type":"user"}\n{"type":"assistant","message":null}\n',
  "is empty": () => "",
};

test("a conversation that is lost or cannot be used is told anew from the log, once, and says so", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-reseeds-"));
  const data = join(folder.path, "data");
  const env = { GANTRY_MIN_READY: "0", GANTRY_SESSION_IDLE_MS: "100" };
  let managed = await startManaged({ data, env });
  await using _stopped = { [Symbol.asyncDispose]: () => managed.gantry.stop() };
  const sessions = () => managed.client.beta.sessions;
  const { agents, environments } = managed.client.beta;
  const agent = await agents.create({ name: "w", model: "haiku", tools: [{ type: "agent_toolset_20260401" }] });
  const environment = await environments.create({ name: "here" });

  /** The log, when what was said is answered. */
  async function say(id: string, text: string): Promise<readonly Event[]> {
    let log = await readAll(sessions().events.list(id));
    const rests = (): number => log.filter(({ type }) => type === "session.status_idle").length;
    const before = rests();
    await sessions().events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] });
    const isAnswered = async () => {
      log = await readAll(sessions().events.list(id));
      return rests() > before;
    };
    await eventually(isAnswered, () => log.map(({ type }) => type).join(", "));
    return log;
  }
  const restored = (log: readonly Event[]) =>
    log.flatMap((event) => {
      const { gantry = {} } = event as { gantry?: { restored?: string } };
      return event.type === "session.status_running" && gantry.restored !== undefined ? [gantry.restored] : [];
    });

  const made = await Promise.all(
    Object.entries(damages).map(async ([name, damage]) => {
      const { id } = await sessions().create({ agent: agent.id, environment_id: environment.id });
      await say(id, '[[demo:tool Bash {"command":"echo kept-words"}]]');
      return { name, damage, id };
    }),
  );
  await managed.gantry.stop();
  const database = new DatabaseSync(join(data, "gantry.db"));
  for (const { id, damage } of made) {
    const row = database.prepare("select content from transcripts where session_id = ?").get(id);
    const content = damage(String(row?.["content"]));
    if (content === null) database.prepare("delete from transcripts where session_id = ?").run(id);
    else {
      // With a digest that fits: what is wrong is found by reading it.
      const change = database.prepare("update transcripts set content = ?, digest = ? where session_id = ?");
      change.run(content, hash("sha256", content), id);
    }
  }
  database.close();
  managed = await startManaged({ data, env });

  await Promise.all(
    made.map(async ({ name, id }) => {
      const log = await say(id, "[[demo:echo]]");
      const answer = JSON.stringify(log.findLast(({ type }) => type === "agent.message"));
      assert.match(answer, /kept-words/, name);
      assert.deepEqual(restored(log).at(-1), "log", name);
      assert.equal(log.filter(({ type }) => type === "session.error").length, 0, name);
      // From here on it has a conversation again.
      const next = await say(id, "[[demo:echo]]");
      const more = restored(next).slice(restored(log).length);
      assert.ok(
        more.every((way) => way === "transcript"),
        `${name}: ${more.join()}`,
      );
      assert.match(JSON.stringify(next.findLast(({ type }) => type === "agent.message")), /kept-words/, name);
    }),
  );
});
