import assert from "node:assert/strict";
import { mkdtempDisposable, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { chat, readReply, sendChat } from "../harness/chat.ts";
import { processesOf, waitUntilNone } from "../harness/processes.ts";
import { connectRaw, type RawClient, toRawRequest } from "../harness/raw-client.ts";
import { runGantry } from "../harness/run-gantry.ts";
import { eventually, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { startWatchedModel } from "../harness/watched-model.ts";

const toBody = (content: string, stream = true) => ({ model: "haiku", stream, messages: [{ role: "user", content }] });

/** A stream whose first words have come. */
async function startStream(gantry: Gantry, content: string): Promise<RawClient> {
  const client = await connectRaw(gantry.url);
  client.socket.write(toRawRequest(gantry, toBody(content)));
  await client.until("tok1");
  return client;
}

describe("a server that is told to stop", () => {
  test("lets running answers finish, takes no new work, and leaves nothing", async (context) => {
    const env = { GANTRY_MAX_PROCESSES: "2", GANTRY_MIN_READY: "0" };
    const { promise: pausesEnd, resolve: goOn } = Promise.withResolvers<void>();
    const model = await startWatchedModel({ pausesEnd });
    context.after(() => model.stop());
    const gantry = await startGantry({ env, upstream: model.url });
    const running = await Promise.all(
      [1, 2].map((n) => startStream(gantry, `[[demo:tokens 80]] [[demo:pace 25]] ${n}`)),
    );
    const waiting = chat(gantry, toBody("[[demo:say I waited in vain]]", false));
    await untilBusy(gantry, 2, 1);
    process.kill(gantry.pid, "SIGTERM");

    assertChatError(await waiting, "draining");
    const ready = await fetch(`${gantry.url}/ready`);
    assert.deepEqual([ready.status, await ready.json()], [503, { ready: false }]);
    assert.equal((await fetch(`${gantry.url}/health`)).status, 200);
    for (const stream of [true, false]) {
      const refused = await chat(gantry, toBody("[[demo:say no]]", stream));
      assertChatError(refused, "draining");
      assert.equal(refused.headers.get("retry-after"), "1");
    }
    goOn();
    for (const { closed } of running) {
      const all = await closed;
      assert.match(all, /tok80[^]*"finish_reason":"stop"[^]*data: \[DONE\]/);
    }
    assert.equal(await gantry.exited, 0);
    await waitUntilNone(gantry.processes, 0);
    await gantry.stop();
  });

  test("cuts what outlasts the deadline, and still ends well", async () => {
    const gantry = await startGantry({ env: { GANTRY_DRAIN_MS: "300" } });
    const stream = await startStream(gantry, "[[demo:hang 3]]");
    const silent = assert.rejects(chat(gantry, toBody("[[demo:hang]]", false)));
    await untilBusy(gantry, 2);
    process.kill(gantry.pid, "SIGTERM");
    assert.doesNotMatch(await stream.closed, /\[DONE\]/);
    await silent;
    assert.equal(await gantry.exited, 0);
    await waitUntilNone(gantry.processes, 0);
    await gantry.stop();
  });

  test("ends at once when it is told twice", async () => {
    const gantry = await startGantry();
    const stream = await startStream(gantry, "[[demo:hang 3]]");
    process.kill(gantry.pid, "SIGTERM");
    await eventually(async () => (await fetch(`${gantry.url}/ready`)).status === 503, "it drains");
    process.kill(gantry.pid, "SIGINT");
    assert.equal(await gantry.exited, 1);
    await stream.closed;
    await waitUntilNone(gantry.processes);
    await gantry.stop();
  });

  test("is not kept by connections that nobody uses", async () => {
    const gantry = await startGantry();
    const idle = await Promise.all([1, 2, 3].map(() => connectRaw(gantry.url)));
    const used = await readReply(await sendChat(gantry, toBody("[[demo:say hello]]")));
    assert.equal(used.text, "hello");
    idle[1]?.socket.write("GET /health HTTP/1.1\r\nhost: g\r\n\r\n");
    await idle[1]?.until("200 OK");
    await gantry.stop();
    await Promise.all(idle.map(({ closed }) => closed));
  });
});

describe("a server that is told to stop while it starts", () => {
  for (const [moment, reached] of [
    ["as soon as it is there", async () => {}],
    [
      "when it has its data directory",
      (data: string) =>
        eventually(
          () =>
            stat(join(data, "admin.key")).then(
              () => true,
              () => false,
            ),
          "the key is there",
        ),
    ],
  ] as const) {
    test(`${moment}: ends and leaves no process`, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-stop-"));
      const data = join(folder.path, "data");
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
      const run = await runGantry("server", ["serve", "--demo", "--port", "0", "--data", data], env);
      const processes = processesOf(run.pid);
      await reached(data);
      run.child.kill("SIGTERM");
      // Before it listens to signals, the signal itself ends it.
      assert.ok([0, "SIGTERM"].includes(await run.exited), run.stderr());
      assert.doesNotMatch(run.stderr(), /^[^{\n]/m, "nothing but its log");
      await waitUntilNone(processes);
    });
  }

  test("before it is ready: ends well and leaves no process", async () => {
    const gantry = await startGantry({ untilReady: false });
    await gantry.stop();
  });
});
