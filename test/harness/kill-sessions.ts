import Anthropic from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import { readApi } from "./admin.ts";
import { waitUntilNone } from "./processes.ts";
import { createRandom } from "./random.ts";
import { type Gantry, startGantry } from "./start-gantry.ts";
import { eventually } from "./server-state.ts";

const sessionCount = 3;
/** A server is killed when fewer than so many events were added to the logs, about as many as one turn of each session has. */
const mostEvents = 40;
/** And as many milliseconds later at most. */
const longestMs = 300;
/** What waits for something else adds no events. */
const mostMsWithoutKill = 30_000;

/** Of a session's log, whatever webhooks are told of. */
const toldTypes: ReadonlySet<string> = new Set(["session.status_running", "session.status_idle"]);

const toClient = ({ url, key }: Gantry) => new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });

async function readLog(client: Anthropic, id: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of client.beta.sessions.events.list(id, { limit: 1000 })) events.push(event);
  return events;
}

/** What waits for a person now, by the last word of the log. */
function findBlockers(log: readonly Event[]): readonly string[] {
  const last = log.findLast(({ type }) => type === "session.status_idle" || type === "session.status_running");
  if (last?.type !== "session.status_idle" || last.stop_reason.type !== "requires_action") return [];
  return last.stop_reason.event_ids;
}

const isAtRest = (log: readonly Event[]): boolean => {
  const last = log.findLast(({ type }) => type.startsWith("session.status_"));
  return last === undefined || last.type === "session.status_idle";
};

const waitsForTurn = (log: readonly Event[]): boolean =>
  log.some((event) => event.type === "user.message" && event.processed_at === null);

interface Deliveries {
  readonly data: readonly { readonly eventId: string }[];
  readonly next_cursor: string | null;
}

/** The ids of all events that were queued for a webhook, delivered or not. */
async function readQueued(gantry: Gantry, webhookId: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (let cursor: string | null = ""; cursor !== null;) {
    const query: string = cursor === "" ? "?limit=200" : `?limit=200&cursor=${cursor}`;
    const page = await readApi<Deliveries>(gantry, "GET", `/v1/admin/webhooks/${webhookId}/deliveries${query}`);
    for (const { eventId } of page.data) ids.add(eventId);
    cursor = page.next_cursor;
  }
  return ids;
}

export interface KilledSessions {
  /** Kills that were made; fewer than asked for where `isOver` said so. */
  readonly kills: number;
  /** In all logs at the end. */
  readonly events: number;
  /** Of tools that ran. */
  readonly marks: number;
}

export interface KillPlan {
  readonly kills: number;
  readonly seed: number;
  /** Path of the CLI; the installed one where it is missing. */
  readonly claude?: string;
  isOver?(): boolean;
  onKill?(count: number): void;
}

/**
 * Kills a server again and again amidst turns, tools and approvals, each time after a number of events that the seed gives. Rejects where a log has a gap or
 * a double, lacks what was acknowledged, an approval was lost or answered twice, a tool ran twice, or a webhook was not told.
 */
export async function killSessions({ kills, seed, claude, isOver, onKill }: KillPlan): Promise<KilledSessions> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-kill-sessions-"));
  const data = join(folder.path, "data");
  const endpoint = createServer((_request, response) => response.writeHead(204).end());
  await once(endpoint.listen(0, "127.0.0.1"), "listening");
  await using _closed = {
    async [Symbol.asyncDispose]() {
      endpoint.close();
      endpoint.closeAllConnections();
    },
  };
  const { port } = endpoint.address() as AddressInfo; // A TCP server's address is never a string.
  const host = `127.0.0.1:${port}`;
  const env = { GANTRY_LOG_LEVEL: "warn", GANTRY_WEBHOOKS: JSON.stringify({ privateHosts: [host] }) };
  const options = { data, env, ...(claude !== undefined && { claude }) };
  const random = createRandom(seed);
  let gantry = await startGantry(options);
  await using _stopped = { [Symbol.asyncDispose]: () => gantry.stop() };
  let client = toClient(gantry);
  const hook = {
    projectId: "default",
    url: `http://${host}/`,
    events: ["session.status_run_started", "session.status_idled"],
  };
  const webhook = await readApi<{ readonly id: string }>(gantry, "POST", "/v1/admin/webhooks", hook);
  const agent = await client.beta.agents.create({
    name: "worker",
    model: "haiku",
    tools: [{ type: "agent_toolset_20260401", configs: [{ name: "bash", permission_policy: { type: "always_ask" } }] }],
  });
  const environment = await client.beta.environments.create({ name: "here" });
  const ids: string[] = [];
  for (let index = 0; index < sessionCount; index++) {
    ids.push((await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id })).id);
  }
  const acknowledged = new Map<string, string[]>(ids.map((id) => [id, []]));
  const asked = new Set<string>();
  const lengths = new Map<string, number>();
  const countEvents = (): number => [...lengths.values()].reduce((sum, length) => sum + length, 0);
  let marker = 0;

  /** Sends work and answers what is asked, until the server is gone. */
  async function work(id: string): Promise<void> {
    const note = (sent: { data?: readonly { id: string }[] | null }): void => {
      acknowledged.get(id)?.push(...(sent.data ?? []).map((event) => event.id));
    };
    try {
      for (;;) {
        const log = await readLog(client, id);
        lengths.set(id, log.length);
        const blockers = findBlockers(log);
        for (const eventId of blockers) asked.add(eventId);
        if (blockers.length > 0) {
          const confirm = (tool_use_id: string) =>
            ({ type: "user.tool_confirmation", tool_use_id, result: "allow" }) as const;
          note(await client.beta.sessions.events.send(id, { events: blockers.map(confirm) }));
        } else if (isAtRest(log) && !waitsForTurn(log)) {
          // One at a time: a row of messages would only make the end take longer.
          const text = `[[demo:tool Bash {"command":"echo mark${(marker += 1)}. >> marks"}]][[demo:say Done.]]`;
          note(
            await client.beta.sessions.events.send(id, {
              events: [{ type: "user.message", content: [{ type: "text", text }] }],
            }),
          );
        }
        await pause(100);
      }
    } catch {
      // The server is gone.
    }
  }

  let made = 0;
  for (; made < kills && isOver?.() !== true; made++) {
    const enough = countEvents() + random.below(mostEvents);
    const latest = performance.now() + mostMsWithoutKill;
    const working = ids.map(work);
    while (countEvents() < enough && performance.now() < latest) await pause(20);
    await pause(random.below(longestMs));
    await gantry.kill9();
    await Promise.all(working);
    await waitUntilNone(gantry.processes);
    await gantry.stop();
    gantry = await startGantry(options);
    client = toClient(gantry);
    for (const id of ids) {
      const log = await readLog(client, id);
      const queued = await readQueued(gantry, webhook.id);
      for (const event of log) {
        const isTold = !toldTypes.has(event.type) || queued.has(`event_${event.id.slice("sevt_".length)}`);
        assert.ok(isTold, `webhooks were not told of ${event.type}`);
      }
      const sequences = log.map((event) => (event as { gantry?: { sequence?: number } }).gantry?.sequence);
      assert.deepEqual(
        sequences,
        log.map((_, index) => index + 1),
        "no gap",
      );
      const known = new Set(log.map((event) => event.id));
      assert.equal(known.size, log.length, "no double");
      for (const eventId of acknowledged.get(id) ?? [])
        assert.ok(known.has(eventId), "nothing that was acknowledged is lost");
    }
    onKill?.(made + 1);
  }

  /** Lets a session come to rest, and looks at what it has done. */
  async function settle(id: string): Promise<{ readonly events: number; readonly marks: number }> {
    await eventually(async () => {
      const log = await readLog(client, id);
      const blockers = findBlockers(log);
      for (const tool_use_id of blockers) {
        await client.beta.sessions.events.send(id, {
          events: [{ type: "user.tool_confirmation", tool_use_id, result: "allow" }],
        });
      }
      return blockers.length === 0 && isAtRest(log) && !waitsForTurn(log);
    }, "the session comes to rest");
    const log = await readLog(client, id);
    const used = log.filter(({ type }) => type === "agent.tool_use").map((event) => event.id);
    const results = log.flatMap((event) => (event.type === "agent.tool_result" ? [event.tool_use_id] : []));
    assert.deepEqual(results.toSorted(), used.toSorted(), "each call has one result");
    const answers = log.flatMap((event) => (event.type === "user.tool_confirmation" ? [event.tool_use_id] : []));
    assert.equal(new Set(answers).size, answers.length, "each approval is answered once");
    for (const eventId of used)
      if (asked.has(eventId)) assert.ok(answers.includes(eventId), "what was asked stayed open until it was answered");
    const last = '[[demo:tool Bash {"command":"cat marks || true"}]]';
    await client.beta.sessions.events.send(id, {
      events: [{ type: "user.message", content: [{ type: "text", text: last }] }],
    });
    let marks: readonly string[] | undefined;
    await eventually(async () => {
      const now = await readLog(client, id);
      for (const tool_use_id of findBlockers(now)) {
        await client.beta.sessions.events.send(id, {
          events: [{ type: "user.tool_confirmation", tool_use_id, result: "allow" }],
        });
      }
      const result = now.slice(log.length).find(({ type }) => type === "agent.tool_result");
      marks = result && (JSON.stringify(result).match(/mark\d+\./g) ?? []);
      return marks !== undefined;
    }, "the marks are read");
    assert.equal(new Set(marks).size, marks?.length, "no tool ran twice");
    return { events: log.length, marks: marks?.length ?? 0 };
  }

  const settled = await Promise.all(ids.map(settle));
  const sum = (of: "events" | "marks"): number => settled.reduce((total, one) => total + one[of], 0);
  return { kills: made, events: sum("events"), marks: sum("marks") };
}
