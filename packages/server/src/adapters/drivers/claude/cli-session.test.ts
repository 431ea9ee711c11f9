import assert from "node:assert/strict";
import { test } from "node:test";
import type { FailureError } from "@gantry/contracts/errors";
import { createTestClock, settle } from "../../../core/ports/test-clock.ts";
import { silentLog } from "../../../core/ports/test-driver.ts";
import { createCliSession } from "./cli-session.ts";
import { cli, createTestProcess } from "./test-process.ts";

function open() {
  const clock = createTestClock();
  const process = createTestProcess();
  const session = createCliSession(process, clock, silentLog);
  const breaks: string[] = [];
  session.onBroken(({ message }: FailureError) => breaks.push(message));
  return { clock, process, session, breaks };
}

const cleared = { ...cli.result, num_turns: 0 };

test("an exchange ends with the next result, whatever comes before it", async () => {
  const { clock, process, session } = open();
  const exchanged = session.exchange("{}", 100);
  process.print(cli.status, { type: "new_thing" }, "garbage", cleared, cli.result);
  assert.equal((await exchanged).type, "result");
  assert.equal(clock.pending, 0);
});

test("an exchange fails when its deadline is over, also while the CLI does not take the line", async () => {
  for (const isStuck of [false, true]) {
    const { clock, process, session } = open();
    process.isStuck = isStuck;
    const exchanged = assert.rejects(session.exchange("{}", 100), /did not answer in time/);
    clock.advance(100);
    await exchanged;
  }
});

test("an exchange fails when the process ends before or during it, and when its line cannot be written", async () => {
  const { process, session } = open();
  const exchanged = assert.rejects(session.exchange("{}", 100), /ended/);
  process.end(1);
  await exchanged;
  await assert.rejects(session.exchange("{}", 100), /ended|gone/);
});

test("lines go to who listens, and to nobody behind that", () => {
  const { process, session } = open();
  const heard: string[] = [];
  process.print(cli.status);
  session.listen(({ type }) => heard.push(type));
  process.print(cli.start, cli.result);
  session.listen(undefined);
  process.print(cli.start);
  assert.deepEqual(heard, ["stream_event", "result"]);
});

test("a little garbage is forgiven, a row of it is not", () => {
  const { process, session, breaks } = open();
  for (let round = 0; round < 5; round += 1) process.print(...Array.from({ length: 9 }, () => "garbage"), cli.status);
  assert.equal(session.isBroken, false);
  process.print(...Array.from({ length: 10 }, () => "garbage"));
  assert.equal(session.isBroken, true);
  assert.deepEqual(breaks, ["The agent process printed what cannot be read. Send the request again."]);
});

test("a line that is too long, and the end, break it once", async () => {
  const { process, session, breaks } = open();
  process.overflow();
  process.end(1);
  await settle();
  assert.equal(session.isBroken, true);
  assert.deepEqual(breaks, ["The agent process printed a line longer than 16 bytes. Send the request again."]);
});

test("who asks after the break is told at once, who took it back is not told", async () => {
  const { process, session } = open();
  const told: string[] = [];
  session.onBroken(() => told.push("taken back"))();
  process.end(1);
  await settle();
  session.onBroken(() => told.push("late"));
  assert.deepEqual(told, ["late"]);
  await assert.rejects(session.control.request({ subtype: "one" }), /ended/);
});
