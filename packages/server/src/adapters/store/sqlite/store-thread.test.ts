import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../../core/ports/clock.ts";
import { hasCode, sampleRequest } from "../shared/conformance/samples.ts";
import { startStoreThread, type StoreThread } from "./store-thread.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

/** A thread that opens and then does what the text says. */
function startProgram(source: string, onFailure: (error: Error) => void, clock = systemClock): Promise<StoreThread> {
  const opened = `import { parentPort } from "node:worker_threads"; parentPort.postMessage({ opened: true });`;
  const program = new URL(`data:text/javascript,${encodeURIComponent(opened + source)}`);
  return startStoreThread({ data: { file: "", access: "write" }, clock, onFailure, program });
}

test("when the thread dies, what waits and what comes later is refused, and the server is told once", async () => {
  const failures: Error[] = [];
  const dies = `parentPort.on("message", () => { throw new Error("out of order"); });`;
  const thread = await startProgram(dies, (error) => failures.push(error));
  const waiting = [1, 2, 3].map((number) => thread.call("renew", "node", number));
  for (const call of waiting) await assert.rejects(call, hasCode("store_unavailable"));
  await assert.rejects(thread.call("touch"), hasCode("store_unavailable"));
  assert.equal(failures.length, 1);
  assert.match(String(failures[0]?.cause), /out of order/);
  await Promise.all([thread.close(), thread.abort()]);
  assert.equal(failures.length, 1);
});

test("a thread that hangs is ended when its time to close is over", async () => {
  const hangs = `parentPort.on("message", () => { for (;;); });`;
  const noPatience = {
    ...systemClock,
    after(_ms: number, call: () => void) {
      call();
      return () => undefined;
    },
  };
  const failures: Error[] = [];
  const thread = await startProgram(hangs, (error) => failures.push(error), noPatience);
  const waiting = assert.rejects(thread.call("touch"), hasCode("store_unavailable"));
  await Promise.all([thread.close(), thread.close()]);
  await waiting;
  assert.deepEqual(failures, []);
});

test("a close waits for what was called before it", async () => {
  const answersLate = `
    let count = 0;
    parentPort.on("message", (message) => {
      if (message !== "close") return void (count += message.length);
      parentPort.postMessage(Array.from({ length: count }, (_, value) => ({ value })));
      parentPort.close();
    });`;
  const thread = await startProgram(answersLate, assert.fail);
  const calls = [thread.call("expire", 1), thread.call("expire", 2)];
  const closed = thread.close();
  assert.deepEqual(await Promise.all(calls), [0, 1]);
  await closed;
});

test("a file that cannot be opened is told before anything is called", async (context) => {
  const file = join(await makeTemporaryDirectory(context), "none", "gantry.db");
  const start = startStoreThread({ data: { file, access: "write" }, clock: systemClock, onFailure: assert.fail });
  await assert.rejects(start, { name: "SqliteError", errcode: 14 });
});

test("a thread that ends before it is open is a failure", async () => {
  const program = new URL(`data:text/javascript,process.exit(3)`);
  const start = startStoreThread({
    data: { file: "", access: "write" },
    clock: systemClock,
    onFailure: assert.fail,
    program,
  });
  await assert.rejects(start, { message: /ended with code 3/ });
});

test("what sets money aside is answered apart from the rest, each in its order", async () => {
  const answersApart = `
    const isHold = ([name]) => name === "reserve" || name === "extend";
    const answer = ([, ...given]) => ({ value: given });
    parentPort.on("message", (message) => {
      if (message === "close") return void parentPort.close();
      parentPort.postMessage({ holds: message.filter(isHold).map(answer) });
      parentPort.postMessage(message.filter((call) => !isHold(call)).map(answer));
    });`;
  const thread = await startProgram(answersApart, assert.fail);
  const order: string[] = [];
  const note = (name: string) => (given: unknown) => {
    order.push(name);
    return given;
  };
  const none = { micros: 0, tokens: 0 };
  const answers = await Promise.all([
    thread.call("expire", 1).then(note("expire")),
    thread.call("extend", "a", none, 1).then(note("extend")),
    thread.call("renew", "n", 2).then(note("renew")),
    thread.call("extend", "b", none, 2).then(note("extend")),
  ]);
  assert.deepEqual(order, ["extend", "extend", "expire", "renew"]);
  assert.deepEqual(answers, [[1], ["a", none, 1], ["n", 2], ["b", none, 2]]);
  await thread.close();
});

test("what cannot be sent to the thread is refused by itself", async () => {
  const echoes = `parentPort.on("message", (message) => {
    if (message === "close") parentPort.close();
    else parentPort.postMessage(message.map(([, value]) => ({ value })));
  });`;
  const thread = await startProgram(echoes, assert.fail);
  const earlier = thread.call("expire", 7);
  assert.equal(await earlier, 7);
  const unsendable = { ...sampleRequest("1", 1), surprise: () => undefined };
  await assert.rejects(thread.call("reserve", unsendable), { name: "DataCloneError" });
  assert.equal(await thread.call("expire", 8), 8);
  await thread.close();
});
