import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createAnswerReader } from "../../bench/proxy/answer-reader.ts";
import { type Books, checkBooks, WrongBooksError } from "../../bench/proxy/check-books.ts";
import { loads, toHeldBody } from "../../bench/proxy/loads.ts";
import { openCaller, toRequest, type CallTarget } from "../../bench/proxy/open-caller.ts";
import type { ProxyFigures } from "../../bench/proxy/run-proxy.ts";
import { closing, heldOpening } from "../../bench/proxy/scripted-answers.ts";
import { startMessagesUpstream } from "../../bench/proxy/start-messages-upstream.ts";
import { readSharedClock } from "../../bench/proxy/upstream-notes.ts";
import type { Bound } from "../../bench/report/bound.ts";
import { eventually } from "../harness/server-state.ts";
import { temporaryFolderFor } from "../processes/hosting.ts";
import { runBench } from "./run-program.ts";

test("a quick run measures every contestant under every load, and judges every bound", async (t) => {
  const folder = temporaryFolderFor(t);
  const [report, json] = [join(folder, "proxy.md"), join(folder, "proxy.json")];
  const { code, stdout, stderr } = await runBench("main.ts", ["proxy", "--quick", "--report", report, "--json", json]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${await readFile(report, "utf8")}\n`);

  // The program's own output; what is relied on is looked at below.
  const run = JSON.parse(await readFile(json, "utf8")) as ProxyFigures & { bounds: readonly Bound[] };
  assert.deepEqual(
    run.stages.map(({ load, entries }) => [load, ...entries.map(({ name }) => name)]),
    loads.map(({ name }) => [name, "upstream", "pipe", "gantry"]),
  );
  for (const { rounds } of run.stages.flatMap(({ entries }) => entries)) {
    assert.equal(rounds.length, 1);
    for (const { requests, seconds, firstByteP50Ms, firstByteP95Ms, residentBytes } of rounds) {
      assert.ok(requests > 0 && seconds > 0 && residentBytes > 0);
      assert.ok(firstByteP50Ms > 0 && firstByteP95Ms >= firstByteP50Ms);
    }
  }
  for (const { gantryMs, pipeMs } of run.addedTimes) {
    assert.equal(gantryMs.length, 5);
    assert.ok([...gantryMs, ...pipeMs].every((ms) => ms > 0));
  }
  for (const { name, wholeMs, firstTokenMs, upstreamCalls, ...booked } of run.roads) {
    assert.deepEqual([wholeMs.length, firstTokenMs.length, upstreamCalls], [3, 3, 3], name);
    assert.ok(booked.inputTokens + booked.cacheReadTokens + booked.cacheWriteTokens > 0, name);
    assert.ok(booked.outputTokens > 0 && booked.costMicros > 0, name);
  }
  assert.deepEqual([run.leavers.clients, run.leavers.heardMs.length, run.leavers.booked], [20, 20, 20]);
  assert.equal(run.bounds.length, 17);
  for (const { claim, measured } of run.bounds) {
    assert.ok(Number.isFinite(measured), claim);
    const row = stdout.split("\n").find((line) => line.startsWith(`| ${claim} |`));
    assert.match(row ?? "", /\| (met|\*\*missed\*\*) \|$/, claim);
  }
});

function readAll(pieces: readonly Buffer[]): string[] {
  const told: string[] = [];
  let body = "";
  const reader = createAnswerReader({
    onHead: (status) => told.push(String(status)),
    onBody: (piece) => (body += piece.toString()),
    onEnd() {
      told.push(body);
      body = "";
    },
  });
  for (const piece of pieces) reader.push(piece);
  return told;
}

test("answers are read the same however their bytes are split, whole ones and those in chunks", () => {
  const bytes = Buffer.from(
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" +
      "HTTP/1.1 429 Too Many Requests\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\nA\r\n two three\r\n0\r\n\r\n" +
      "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
  );
  const expected = ["200", "hello", "429", "one two three", "200", ""];
  assert.deepEqual(readAll([bytes]), expected);
  assert.deepEqual(readAll([...bytes].map((byte) => Buffer.from([byte]))), expected);
  for (let at = 1; at < bytes.length; at += 1) {
    assert.deepEqual(readAll([bytes.subarray(0, at), bytes.subarray(at)]), expected, `split at ${at}`);
  }
});

test("an answer that cannot be read is an error", () => {
  for (const text of [
    "SSH-2.0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
  ]) {
    assert.throws(() => readAll([Buffer.from(text)]), Error, text);
  }
});

async function listen(t: TestContext, listener: RequestListener): Promise<CallTarget> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  // It listens on TCP, so that its address is no path.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, headers: {} };
}

test("a call is good only where every byte of its answer is the one that must come", async (t) => {
  const answers = [
    { status: 200, text: "right" },
    { status: 200, text: "wrong" },
    { status: 200, text: "right and more" },
    { status: 200, text: "rig" },
    { status: 500, text: "right" },
  ];
  const target = await listen(t, (_request, response) => {
    const { status, text } = answers.shift() ?? { status: 404, text: "" };
    response.writeHead(status).end(text);
  });
  const caller = await openCaller(target);
  t.after(() => caller.close());
  const request = toRequest(target, Buffer.from("{}"));
  const call = () => caller.call(request, { answer: Buffer.from("right") });
  const { firstByteMs, ms } = await call();
  assert.ok(firstByteMs > 0 && ms >= firstByteMs);
  for (const shown of ["wrong", "right and more", "rig", "right"]) {
    await assert.rejects(call(), (error: Error) => shown === "rig" || error.message.includes(shown), shown);
  }
  const cut = caller.call(request, { answer: Buffer.from("right") });
  await assert.rejects(caller.call(request), /One call at a time/);
  caller.close();
  await assert.rejects(cut, /closed/);
});

test("the upstream holds a stream open until it is told to end it, and hears of a client that leaves", async (t) => {
  const upstream = await startMessagesUpstream();
  t.after(() => upstream.stop());
  const heard = Promise.withResolvers<{ readonly client: string; readonly at: number }>();
  upstream.onLeave(heard.resolve);
  const target = { url: upstream.url, headers: {} };
  const open = async (client: string) => {
    const caller = await openCaller(target);
    t.after(() => caller.close());
    const begun = Promise.withResolvers<void>();
    const ended = caller.call(toRequest(target, toHeldBody(client)), {
      begins: heldOpening,
      onFirstByte: begun.resolve,
    });
    await Promise.race([begun.promise, ended]);
    return { caller, ended };
  };
  const [stays, leaves] = [await open("one-that-stays"), await open("one-that-leaves")];
  assert.equal((await upstream.count()).open, 2);
  const leftAt = readSharedClock();
  leaves.caller.close();
  await assert.rejects(leaves.ended, /closed/);
  const { client, at } = await heard.promise;
  assert.equal(client, "one-that-leaves");
  assert.ok(at >= leftAt && at <= readSharedClock());
  upstream.finish();
  await stays.ended;
  await eventually(async () => (await upstream.count()).open === 0, "no answer is under way");
  assert.ok(closing.includes("message_stop"));
});

test("books that are not exact are found", () => {
  const before: Books = { requests: { completed: 3 }, spentMicros: [30, 30], reservedMicros: [0, 0], costMicros: 30 };
  const after: Books = {
    requests: { completed: 5, cancelled: 0 },
    spentMicros: [50, 50],
    reservedMicros: [0, 0],
    costMicros: 50,
  };
  checkBooks(before, after, { completed: 2 }, 20);
  for (const wrong of [
    { ...after, requests: { completed: 5, failed: 1 } },
    { ...after, requests: { completed: 4 } },
    { ...after, spentMicros: [50, 40] },
    { ...after, reservedMicros: [0, 1] },
    { ...after, costMicros: 49 },
  ]) {
    assert.throws(() => checkBooks(before, wrong, { completed: 2 }, 20), WrongBooksError);
  }
});

test("a mistake in the command line is told in one line", async () => {
  for (const args of [
    ["proxy", "--rounds", "0"],
    ["proxy", "extra"],
    ["proxy", "--claude", "2.1.328"],
  ]) {
    const { code, stderr, stdout } = await runBench("main.ts", args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});
