import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  sampleCommit,
  sampleEvent,
  sampleSession,
} from "../../packages/server/src/adapters/store/shared/conformance/session-samples.ts";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { silentLog } from "../../packages/server/src/core/ports/test-driver.ts";
import type { SessionStore } from "../../packages/server/src/core/ports/session-store.ts";
import type { ReaderLimits } from "../../packages/server/src/core/sessions/session-channel.ts";
import { createSessionHub, type SessionHub } from "../../packages/server/src/core/sessions/session-hub.ts";
import type { SessionFrame, SubscribeOptions } from "../../packages/server/src/core/sessions/session-service.ts";
import { toSessionEvent } from "../../packages/server/src/core/sessions/to-session-event.ts";
import { createRandom } from "../harness/random.ts";

const id = "sesn_a";
const roomy: ReaderLimits = { frames: 10_000, characters: 1_000_000 };

interface Opened {
  readonly sessions: SessionStore;
  readonly hub: SessionHub;
  /** Commits so many events in one step and publishes them, as a writer does. */
  write(count?: number): Promise<void>;
  read(options?: Partial<SubscribeOptions>, signal?: AbortSignal): Promise<AsyncIterator<SessionFrame>>;
}

async function open(context: TestContext, limits = roomy): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), "gantry-hub-"));
  const store = await openSqliteStore({ directory, clock: systemClock, onFailure: assert.fail });
  const { sessions } = store;
  const hub = createSessionHub({ store: sessions, clock: systemClock, log: silentLog, limits, pollMs: 5 });
  context.after(async () => {
    hub.stop();
    await store.close();
    await rm(directory, { recursive: true });
  });
  await sessions.create(sampleSession(id));
  let version = 1;
  let written = 0;
  return {
    sessions,
    hub,
    async write(count = 1) {
      const events = Array.from({ length: count }, () => sampleEvent(`sevt_${(written += 1)}`));
      const outcome = await sessions.commit(sampleCommit(id, version, { events }));
      assert.ok(outcome.kind === "committed");
      version = outcome.version;
      const { firstSequence } = outcome;
      hub.publish(
        id,
        events.map((event, index) => {
          const sequence = firstSequence + index;
          return { sequence, event: toSessionEvent({ ...event, sequence }) };
        }),
      );
    },
    async read(options = {}, signal = new AbortController().signal) {
      const readLast = async () => (await sessions.find(id))?.lastSequence ?? 0;
      const frames = await hub.subscribe(id, readLast, { previews: [], ...options }, { signal });
      return frames[Symbol.asyncIterator]();
    },
  };
}

async function take(reader: AsyncIterator<SessionFrame>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let index = 0; index < count; index++) taken.push(describe((await reader.next()).value));
  return taken;
}

function describe(frame: SessionFrame | undefined): string {
  if (frame === undefined) return "end";
  if (frame.type === "event") return String(frame.sequence);
  if (frame.type === "closed") return `closed ${frame.reason}`;
  if (frame.type !== "preview") return frame.type;
  return frame.preview.type === "event_start"
    ? `start ${frame.preview.event.id}`
    : `+${frame.preview.delta.content.text}`;
}

const delta = (eventId: string, text: string) =>
  ({
    type: "event_delta",
    event_id: eventId,
    delta: { type: "content_delta", index: 0, content: { type: "text", text } },
  }) as const;

test("a reader is given the log from its cursor and then what comes, each once and in order", async (context) => {
  const { write, read } = await open(context);
  await write(700);
  const all = await read({ after: 0 });
  const late = await read({ after: 698 });
  const now = await read();
  await write(2);
  assert.deepEqual(await take(all, 703), ["opened", ...Array.from({ length: 702 }, (_, index) => String(index + 1))]);
  assert.deepEqual(await take(late, 5), ["opened", "699", "700", "701", "702"]);
  assert.deepEqual(await take(now, 3), ["opened", "701", "702"]);
  await assert.rejects(read({ after: 703 }), { message: /ends at 702/ });
});

test("a reader that waits is woken, and its end leaves nothing behind", async (context) => {
  const { write, read, hub } = await open(context);
  const leaving = new AbortController();
  const reader = await read({}, leaving.signal);
  assert.deepEqual(await take(reader, 1), ["opened"]);
  const next = take(reader, 1);
  await write();
  assert.deepEqual(await next, ["1"]);
  const last = take(reader, 1);
  assert.equal(hub.readerCount, 1);
  leaving.abort();
  assert.deepEqual(await last, ["end"]);
  assert.equal(hub.readerCount, 0);
});

test("a reader that does not read is cut with the reason, and comes back by its cursor", async (context) => {
  const { write, read } = await open(context, { frames: 5, characters: 1000 });
  const slow = await read({ after: 0 });
  const quick = await read({ after: 0 });
  assert.deepEqual(await take(slow, 1), ["opened"]);
  assert.deepEqual(await take(quick, 1), ["opened"]);
  // It is live before anything is written.
  const first = take(slow, 1);
  await write();
  assert.deepEqual(await first, ["1"]);
  for (let index = 2; index <= 9; index++) {
    await write();
    assert.deepEqual(await take(quick, index === 2 ? 2 : 1), index === 2 ? ["1", "2"] : [String(index)]);
  }
  assert.deepEqual(await take(slow, 2), ["closed slow_reader", "end"]);
  assert.deepEqual(await take(await read({ after: 1 }), 9), ["opened", "2", "3", "4", "5", "6", "7", "8", "9"]);
});

test("previews reach who asked for them, whole also for who comes in their midst, and are never replayed", async (context) => {
  const { write, read, hub } = await open(context);
  const wanting = await read({ previews: ["agent.message"] });
  const plain = await read();
  assert.deepEqual(await take(wanting, 1), ["opened"]);
  const next = take(wanting, 3);
  hub.preview(id, { type: "event_start", event: { type: "agent.message", id: "sevt_1" } });
  hub.preview(id, delta("sevt_1", "Hel"));
  hub.preview(id, { type: "event_start", event: { type: "agent.thinking", id: "sevt_t" } });
  hub.preview(id, delta("sevt_1", "lo"));
  assert.deepEqual(await next, ["start sevt_1", "+Hel", "+lo"]);
  const joining = await read({ previews: ["agent.message"] });
  assert.deepEqual(await take(joining, 3), ["opened", "start sevt_1", "+Hello"]);
  await write();
  for (const reader of [wanting, joining]) assert.deepEqual(await take(reader, 1), ["1"]);
  assert.deepEqual(await take(plain, 2), ["opened", "1"]);
  assert.deepEqual(await take(await read({ after: 0, previews: ["agent.message"] }), 2), ["opened", "1"]);
});

test("what is published out of order or not at all is read from the log", async (context) => {
  const { write, read, hub, sessions } = await open(context);
  const reader = await read();
  assert.deepEqual(await take(reader, 1), ["opened"]);
  const waiting = take(reader, 3);
  await sessions.commit(sampleCommit(id, 1, { events: [sampleEvent("x1"), sampleEvent("x2"), sampleEvent("x3")] }));
  const [, , third] = await sessions.readEvents(id, 0, 9);
  assert.ok(third);
  hub.publish(id, [{ sequence: 3, event: toSessionEvent(third) }]);
  hub.publish(id, [{ sequence: 3, event: toSessionEvent(third) }]);
  assert.deepEqual(await waiting, ["1", "2", "3"]);
  hub.end(id, "deleted");
  assert.deepEqual(await take(reader, 2), ["closed deleted", "end"]);
  assert.equal(hub.readerCount, 0);
  await assert.rejects(write());
});

test("two hundred readers of whom half come and go end with the same log", async (context) => {
  const { write, read } = await open(context, { frames: 20, characters: 1000 });
  const total = 120;
  const random = createRandom(6);
  const follow = async (isLeaving: boolean): Promise<number[]> => {
    const seen: number[] = [];
    while (seen.length < total) {
      const reader = await read({ after: seen.at(-1) ?? 0 });
      const stay = isLeaving ? 1 + random.below(40) : total + 1;
      for (let taken = 0; taken < stay && seen.length < total; taken++) {
        const { value } = await reader.next();
        if (value === undefined || value.type === "closed") break;
        if (value.type === "event") seen.push(value.sequence);
      }
      await reader.return?.();
    }
    return seen;
  };
  const readers = Array.from({ length: 200 }, (_, index) => follow(index % 2 === 0));
  for (let written = 0; written < total; written += 4) await write(4);
  const expected = Array.from({ length: total }, (_, index) => index + 1);
  for (const seen of await Promise.all(readers)) assert.deepEqual(seen, expected);
});
