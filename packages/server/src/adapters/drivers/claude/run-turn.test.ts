import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import type { AgentEvent } from "../../../core/ports/driver.ts";
import { createTestClock, settle } from "../../../core/ports/test-clock.ts";
import { silentLog } from "../../../core/ports/test-driver.ts";
import { createCliSession } from "./cli-session.ts";
import { runTurn } from "./run-turn.ts";
import { cli, createTestProcess, type WrittenLine } from "./test-process.ts";
import { describeEvent } from "./test-recordings.ts";

const deadlines = { firstByteMs: 10_000, silenceMs: 5_000, totalMs: 60_000 };

/** A turn that has been sent to a CLI in memory; `script` is what the CLI does with each line it gets. */
function open(script: (line: WrittenLine) => void = () => {}, signal = new AbortController().signal) {
  const clock = createTestClock();
  const process = createTestProcess();
  process.onWritten = script;
  const session = createCliSession(process, clock, silentLog);
  const parts = { process, session, clock, deadlines, interruptMs: 2_000, costBefore: 0 };
  const running = runTurn(() => session.send('{"type":"user"}'), signal, parts);
  const interrupts = () => process.written.filter(({ request }) => request?.subtype === "interrupt").length;
  return { clock, process, session, running, interrupts };
}

async function readAll(events: AsyncIterable<AgentEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) seen.push(describeEvent(event).split(",")[0] ?? "");
  return seen;
}

const answer = [cli.start, cli.text("a"), cli.stop("end_turn"), cli.result];

test("an answer is passed on as it comes, and leaves the CLI at rest", async () => {
  const { clock, process, running, interrupts } = open();
  const read = readAll(running.events);
  await settle();
  process.print(cli.status);
  clock.advance(30);
  process.print(cli.start);
  clock.advance(1_000);
  process.print(cli.text("a"), cli.stop("end_turn"), cli.result);
  assert.deepEqual(await read, ["started m", 'text "a"', "finished stop"]);
  assert.equal(running.outcome(), "answered");
  assert.equal(running.modelWaitMs(), 30);
  assert.equal(running.totalCostUsd(), 0.01);
  assert.equal(interrupts(), 0);
  assert.equal(clock.pending, 0);
});

test("a slow reader stops the CLI's output, and the watch over its silence", async () => {
  const { clock, process, running } = open();
  process.print(
    cli.start,
    ...Array.from({ length: 400 }, (_, index) => cli.text(`${index} `)),
    cli.stop("end_turn"),
    cli.result,
  );
  assert.equal(process.isPaused, true);
  clock.advance(50_000);
  const seen = await readAll(running.events);
  assert.equal(seen.length, 402);
  assert.equal(seen.at(-1), "finished stop");
  assert.equal(process.isPaused, false);
  assert.equal(running.outcome(), "answered");
  assert.equal(clock.pending, 0);
});

/** Grants control requests, and ends the turn as an interrupted one when it is interrupted. */
const obey = (process: { print(...lines: object[]): void }) => (line: WrittenLine) => {
  if (line.request?.subtype === "interrupt") process.print(cli.granted(line), cli.interrupted);
};

test("a client that leaves has the turn interrupted at once, and hears no more of it", async () => {
  const leaving = new AbortController();
  const { clock, process, running, interrupts } = open(() => {}, leaving.signal);
  process.onWritten = obey(process);
  const read = readAll(running.events);
  process.print(cli.start, cli.text("a"));
  await settle();
  leaving.abort();
  assert.equal(interrupts(), 1);
  process.print(cli.text("late"));
  assert.deepEqual(await read, ["started m", 'text "a"']);
  assert.equal(running.outcome(), "interrupted");
  assert.equal(getEventListeners(leaving.signal, "abort").length, 0);
  assert.equal(clock.pending, 0);
});

test("a client that has left before the turn began has it interrupted as well", async () => {
  const { process, running, interrupts } = open(() => {}, AbortSignal.abort());
  assert.equal(interrupts(), 1);
  process.onWritten = obey(process);
  assert.deepEqual(await readAll(running.events), []);
  assert.equal(running.outcome(), "interrupted");
});

test("a client that leaves in a flood does not block the way of the result", async () => {
  for (const way of ["signal", "reader"] as const) {
    const leaving = new AbortController();
    const { process, running } = open(() => {}, leaving.signal);
    process.onWritten = (line) => {
      if (line.request?.subtype !== "interrupt") return;
      process.print(...Array.from({ length: 2_000 }, () => cli.text("late ")), cli.granted(line), cli.interrupted);
    };
    process.print(cli.start, cli.text("a"));
    await running.events.next();
    if (way === "signal") leaving.abort();
    await running.events.return();
    assert.equal(running.outcome(), "interrupted", way);
    assert.equal(process.isPaused, false, way);
  }
});

test("a reader that leaves while the output is held back frees it", async () => {
  const { process, running } = open();
  process.onWritten = obey(process);
  process.print(cli.start, ...Array.from({ length: 400 }, () => cli.text("a")));
  await running.events.next();
  assert.equal(process.isPaused, true);
  await running.events.return();
  assert.equal(running.outcome(), "interrupted");
  assert.equal(process.isPaused, false);
});

test("a client that leaves when the result waits behind its back interrupts nothing any more", async () => {
  const leaving = new AbortController();
  const { clock, process, running, interrupts } = open(() => {}, leaving.signal);
  process.print(cli.start, ...Array.from({ length: 400 }, () => cli.text("a")), cli.stop("end_turn"), cli.result);
  assert.equal(process.isPaused, true);
  leaving.abort();
  await readAll(running.events);
  assert.equal(running.outcome(), "interrupted");
  assert.equal(interrupts(), 0);
  assert.equal(clock.pending, 0);
});

test("a model that gives no sign is told to the client at once, and the turn comes to rest", async () => {
  const { clock, process, running, interrupts } = open();
  process.onWritten = obey(process);
  const read = readAll(running.events);
  clock.advance(10_000);
  assert.deepEqual(await read, ["failed upstream_timeout"]);
  assert.equal(running.outcome(), "interrupted");
  assert.equal(interrupts(), 1);
  assert.equal(clock.pending, 0);
});

test("retries are signs of life", async () => {
  const { clock, process, running } = open();
  const read = readAll(running.events);
  clock.advance(9_000);
  process.print({ type: "system", subtype: "api_retry", attempt: 1, retry_delay_ms: 100, error_status: 529 });
  clock.advance(4_900);
  process.print(...answer);
  assert.deepEqual(await read, ["retry 1 after 529", "started m", 'text "a"', "finished stop"]);
});

test("a CLI that does not heed an interrupt is lost after its deadline", async () => {
  const leaving = new AbortController();
  const { clock, process, running } = open(() => {}, leaving.signal);
  const read = readAll(running.events);
  process.print(cli.start);
  await settle();
  leaving.abort();
  clock.advance(1_999);
  assert.equal(running.outcome(), undefined);
  clock.advance(1);
  assert.deepEqual(await read, ["started m"]);
  assert.equal(running.outcome(), "lost");
  assert.equal(clock.pending, 0);
});

test("an answer that was whole is passed on although the CLI does not heed the interrupt behind it", async () => {
  const { clock, process, running, interrupts } = open();
  const read = readAll(running.events);
  process.print(cli.start, cli.text("a"), cli.stop("max_tokens"));
  assert.equal(interrupts(), 1);
  clock.advance(2_000);
  assert.deepEqual(await read, ["started m", 'text "a"', "finished length"]);
  assert.equal(running.outcome(), "lost");
});

test("a CLI that ends in the middle, or prints what cannot be read, is one clear failure", async () => {
  for (const happen of ["end", "garbage", "overflow"] as const) {
    const { clock, process, running } = open();
    const read = readAll(running.events);
    process.print(cli.start, cli.text("a"));
    if (happen === "end") process.end(139);
    else if (happen === "overflow") process.overflow();
    else process.print(...Array.from({ length: 10 }, () => "Segmentation fault"));
    assert.deepEqual(await read, ["started m", 'text "a"', "failed agent_failed"]);
    assert.equal(running.outcome(), "lost");
    assert.equal(clock.pending, 0);
  }
});

test("a prompt that cannot be written is one clear failure, at once", async () => {
  const { process, session, clock } = open();
  process.writeLine = async () => {
    throw new Error("no");
  };
  const parts = { process, session, clock, deadlines, interruptMs: 2_000, costBefore: 0 };
  const running = runTurn(() => session.send("{}"), new AbortController().signal, parts);
  assert.deepEqual(await readAll(running.events), ["failed agent_failed"]);
  assert.equal(running.outcome(), "lost");
});

test("a turn on a CLI that has ended already fails at once", async () => {
  const { process, session, clock } = open();
  process.end(1);
  await settle();
  const parts = { process, session, clock, deadlines, interruptMs: 2_000, costBefore: 0 };
  const running = runTurn(() => session.send("{}"), new AbortController().signal, parts);
  assert.deepEqual(await readAll(running.events), ["failed agent_failed"]);
  assert.equal(running.outcome(), "lost");
});

test("turns leave nothing behind in the process that serves them", async () => {
  const { process, session, clock, running } = open();
  const watching = new Set<object>();
  const counted: typeof session = {
    ...session,
    onBroken(call) {
      const forget = session.onBroken(call);
      watching.add(call);
      return () => {
        watching.delete(call);
        forget();
      };
    },
  };
  process.print(...answer);
  await readAll(running.events);
  for (let turn = 0; turn < 3; turn += 1) {
    const parts = { process, session: counted, clock, deadlines, interruptMs: 2_000, costBefore: 0 };
    const next = runTurn(() => session.send("{}"), new AbortController().signal, parts);
    assert.equal(watching.size, 1);
    process.print(...answer);
    await readAll(next.events);
  }
  assert.equal(watching.size, 0);
  assert.equal(clock.pending, 0);
});
