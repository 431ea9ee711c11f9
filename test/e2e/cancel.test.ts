import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readResidentBytes } from "../../packages/server/src/adapters/process/process-table.ts";
import { ask, chat, readReply, sendChat } from "../harness/chat.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { askForEcho } from "../harness/echo.ts";
import { type FaultProgram, layOutFaultProgram } from "../harness/fault-program.ts";
import { type ObservedModel, startObservedModel } from "../harness/observed-model.ts";
import { findProcesses } from "../harness/processes.ts";
import { connectRaw, toRawRequest } from "../harness/raw-client.ts";
import { untilAtRest, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const toBody = (content: string, stream = false) => ({ model: "haiku", stream, messages: [{ role: "user", content }] });
const isAbort = { name: "AbortError" };

for (const version of claudeVersions) {
  describe(`a client that leaves Claude Code ${version}`, () => {
    let model: ObservedModel;
    let gantry: Gantry;
    before(async () => {
      model = await startObservedModel();
      // One process, so that it is certainly the one that the next request gets.
      const env = { GANTRY_MAX_PROCESSES: "1", GANTRY_MIN_READY: "0" };
      gantry = await startGantry({ claude: version, upstream: model.url, env });
    });
    after(async () => {
      await gantry.stop();
      await model.stop();
    });

    /** The process is the same as before, and remembers nothing. */
    async function assertClean(processes: readonly number[]): Promise<void> {
      const { echo } = await askForEcho(gantry, version, toBody("who is next? [[demo:echo]]"));
      assert.deepEqual(echo.messages, [{ role: "user", texts: ["who is next? [[demo:echo]]"] }]);
      assert.deepEqual(await findProcesses(gantry.processes), processes);
    }

    for (const [when, prompt, stream] of [
      ["before the first byte of a stream", "[[demo:hang]]", true],
      ["before an answer that comes as a whole", "[[demo:tokens 5000]] [[demo:pace 20]]", false],
    ] as const) {
      test(`${when}: the model's provider is hung up on and the process is clean`, async () => {
        const processes = await findProcesses(gantry.processes);
        const content = `${prompt} ${when}`;
        const leaving = new AbortController();
        const reply = chat(gantry, toBody(content, stream), { signal: leaving.signal });
        const call = await model.call(content);
        leaving.abort();
        await assert.rejects(reply, isAbort);
        assert.equal(await call.ended, "cut");
        await untilBusy(gantry, 0);
        await assertClean(processes);
        assert.equal(model.count(content), 1);
      });
    }

    test("in the midst of a stream: the model's provider is hung up on and the process is clean", async () => {
      const processes = await findProcesses(gantry.processes);
      const leaving = new AbortController();
      const content = "[[demo:tokens 5000]] [[demo:pace 20]]";
      const response = await sendChat(gantry, toBody(content, true), { signal: leaving.signal });
      assert.equal(response.status, 200);
      const call = await model.call(content);
      leaving.abort();
      await assert.rejects(readReply(response), isAbort);
      assert.equal(await call.ended, "cut");
      await untilBusy(gantry, 0);
      await assertClean(processes);
    });

    test("in the queue: its place is free, and the model's provider never hears of it", async () => {
      const running = new AbortController();
      const leaving = new AbortController();
      const first = chat(gantry, toBody("[[demo:hang]] first", true), { signal: running.signal });
      await model.call("[[demo:hang]] first");
      const second = chat(gantry, toBody("[[demo:say second]]"), { signal: leaving.signal });
      await untilBusy(gantry, 1, 1);
      leaving.abort();
      await assert.rejects(second, isAbort);
      await untilBusy(gantry, 1, 0);
      running.abort();
      await assert.rejects(first, isAbort);
      await untilBusy(gantry, 0);
      assert.equal(model.count("[[demo:say second]]"), 0);
      assert.doesNotMatch(gantry.stderr(), /failed inside/);
    });
  });
}

test("200 clients that leave at once leave nothing behind", async () => {
  const gantry = await startGantry({ env: { GANTRY_MAX_PROCESSES: "4", GANTRY_QUEUE_LENGTH: "150" } });
  try {
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const content = index % 3 === 0 ? "[[demo:say gone]]" : "[[demo:tokens 500]] [[demo:pace 20]]";
        const { socket, closed } = await connectRaw(gantry.url);
        socket.write(toRawRequest(gantry, toBody(`${content} ${index}`, index % 2 === 0)));
        // Some go before the request is read, some while they wait, some when the answer has begun.
        if (index % 8 === 0) socket.once("data", () => socket.destroy());
        else setImmediate(() => socket.destroy());
        await closed;
      }),
    );
    await untilAtRest(gantry);
    const { echo } = await askForEcho(gantry, "2.1.328", toBody("still there? [[demo:echo]]"));
    assert.deepEqual(echo.messages, [{ role: "user", texts: ["still there? [[demo:echo]]"] }]);
    assert.doesNotMatch(gantry.stderr(), /"level":(50|60)/);
  } finally {
    await gantry.stop();
  }
});

describe("a client that stops reading an endless answer", () => {
  let program: FaultProgram;
  before(async () => {
    program = await layOutFaultProgram();
  });
  after(() => program.remove());

  test("is waited for without collecting the answer, and disturbs nobody", async () => {
    const gantry = await startGantry({ claude: program.path, env: { GANTRY_MAX_PROCESSES: "4" } });
    try {
      const { socket, closed } = await connectRaw(gantry.url, { paused: true });
      socket.write(toRawRequest(gantry, toBody("[[fault:flood-of-text]]", true)));
      await untilBusy(gantry, 1);
      await ask(gantry, toBody("a first one, so that everything is warm"));
      const before = readResidentBytes(gantry.pid);
      for (let count = 0; count < 200; count += 1) {
        assert.equal((await ask(gantry, toBody(`number ${count}`))).text, `number ${count}`);
      }
      const grown = (readResidentBytes(gantry.pid) - before) / 1024 / 1024;
      assert.ok(grown < 100, `the server has grown by ${grown} MB`);
      // An answer that is passed on without end is cut off: this one was held back.
      assert.doesNotMatch(gantry.stderr(), /a turn failed/);
      await untilBusy(gantry, 1);
      socket.destroy();
      await closed;
      await untilAtRest(gantry);
    } finally {
      await gantry.stop();
    }
  });

  test("is cut off when it has taken nothing for too long, and its process is free again", async () => {
    const env = { GANTRY_SILENCE_MS: "3000", GANTRY_MAX_PROCESSES: "1", GANTRY_MIN_READY: "0" };
    const gantry = await startGantry({ claude: program.path, env });
    try {
      const { socket, closed } = await connectRaw(gantry.url, { paused: true });
      socket.write(toRawRequest(gantry, toBody("[[fault:flood-of-text]]", true)));
      await untilBusy(gantry, 1);
      assert.equal((await ask(gantry, toBody("and I?"))).text, "and I?");
      socket.resume();
      await closed;
    } finally {
      await gantry.stop();
    }
  });
});
