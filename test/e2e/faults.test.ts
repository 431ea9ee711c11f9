import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { errorCatalogue, type ErrorCode } from "@gantry/contracts/errors";
import { ask, chat, type ChatReply, sendChat } from "../harness/chat.ts";
import { type FaultMode, type FaultProgram, layOutFaultProgram } from "../harness/fault-program.ts";
import { eventually, untilAtRest } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const deadlines = {
  GANTRY_START_MS: "4000",
  GANTRY_FIRST_BYTE_MS: "2500",
  GANTRY_SILENCE_MS: "2500",
  GANTRY_TOTAL_MS: "5000",
};

const prompt = (content: string, stream = false) => ({ model: "haiku", stream, messages: [{ role: "user", content }] });
const faulty = (fault: string, stream: boolean) => prompt(`[[fault:${fault}]]`, stream);

/** One error in OpenAI's shape, and nothing of the server's or the program's inner life. */
function assertError(reply: ChatReply, code: ErrorCode): void {
  assert.equal(reply.error?.code, code, reply.raw);
  const { status, retryable } = errorCatalogue[code];
  assert.ok(reply.error.message.length > 10);
  assert.equal(reply.error.type, status === 429 ? "rate_limit_error" : "server_error");
  assert.equal(reply.error.param, null);
  if (reply.chunks.length === 0) {
    assert.equal(reply.status, status);
    assert.equal(reply.headers.get("x-should-retry"), String(retryable));
  }
  assert.equal(reply.done, false);
  assert.equal(reply.raw.split('"error"').length, 2, "one error, once");
  assertDiscreet(reply);
}

function assertDiscreet({ raw, headers }: ChatReply): void {
  const shown = `${raw}\n${JSON.stringify([...headers])}`;
  assert.doesNotMatch(shown, /secret|\/opt\/|\/tmp\/|node_modules|\.ts\b|\.mjs\b|\n\s+at /);
}

/** Faults in a turn: what the client gets before the first word of the answer, and after it. */
const faults: readonly { readonly fault: string; readonly code: ErrorCode; readonly begins: boolean }[] = [
  { fault: "crash-first", code: "agent_failed", begins: false },
  { fault: "crash", code: "agent_failed", begins: true },
  { fault: "crash-in-line", code: "agent_failed", begins: true },
  { fault: "crash-with-child", code: "agent_failed", begins: true },
  { fault: "exit-in-peace", code: "agent_failed", begins: true },
  { fault: "hang-first", code: "upstream_timeout", begins: false },
  { fault: "hang", code: "upstream_timeout", begins: true },
  { fault: "ignore-interrupt", code: "upstream_timeout", begins: true },
  { fault: "ignore-everything", code: "upstream_timeout", begins: true },
  { fault: "garbage-first", code: "agent_failed", begins: false },
  { fault: "garbage", code: "agent_failed", begins: true },
  { fault: "long-line-first", code: "agent_failed", begins: false },
  { fault: "long-line", code: "agent_failed", begins: true },
  { fault: "flood", code: "upstream_timeout", begins: false },
  { fault: "unknown-error", code: "agent_failed", begins: false },
];

for (const sandbox of ["bubblewrap", "none"]) {
  describe(`a CLI behind ${sandbox} that goes wrong in a turn`, () => {
    let program: FaultProgram;
    let gantry: Gantry;
    before(async () => {
      program = await layOutFaultProgram();
      const env = { ...deadlines, GANTRY_SANDBOX: sandbox, GANTRY_MAX_PROCESSES: "6" };
      gantry = await startGantry({ claude: program.path, env });
    });
    after(async () => {
      await gantry.stop();
      await program.remove();
    });

    for (const { fault, code, begins } of faults) {
      test(`${fault} gives one clear error, harms no other request, and the process is replaced`, async () => {
        const [streamed, whole, healthy] = await Promise.all([
          chat(gantry, faulty(fault, true)),
          chat(gantry, faulty(fault, false)),
          ask(gantry, prompt(`beside ${fault}`, true)),
        ]);
        assertError(streamed, code);
        assertError(whole, code);
        assert.equal(streamed.text, begins ? "half of an answer" : "");
        assert.equal(healthy.text, `beside ${fault}`);
        assert.equal((await ask(gantry, prompt(`after ${fault}`))).text, `after ${fault}`);
        await untilAtRest(gantry);
      });
    }

    test("a flood of text ends at the deadline, whoever reads it", async () => {
      const [streamed, whole, healthy] = await Promise.all([
        chat(gantry, faulty("flood-of-text", true)),
        chat(gantry, faulty("flood-of-text", false)),
        ask(gantry, prompt("beside the flood")),
      ]);
      for (const reply of [streamed, whole]) {
        assert.ok(reply.error?.code === "upstream_timeout" || reply.error?.code === "agent_failed", reply.error?.code);
        assertDiscreet(reply);
      }
      assert.ok(streamed.text.startsWith("more more"));
      assert.equal(healthy.text, "beside the flood");
      await untilAtRest(gantry);
    });

    test("a little noise and lines of the wrong shape are forgiven", async () => {
      assert.equal((await ask(gantry, faulty("few-garbage-lines", true))).text, "despite some noise");
      assert.equal((await ask(gantry, faulty("wrong-types", true))).text, "as good as it gets");
      const silent = await chat(gantry, faulty("result-without-answer", false));
      assertDiscreet(silent);
      assert.equal(silent.text, "");
      await untilAtRest(gantry);
    });

    test("a result that comes twice does not answer the next request", async () => {
      const opening = { role: "user", content: "[[fault:two-results]]" };
      const first = await ask(gantry, { model: "haiku", messages: [opening] });
      assert.equal(first.text, "said once");
      const history = [opening, { role: "assistant", content: "said once" }];
      const next = await ask(gantry, { model: "haiku", messages: [...history, { role: "user", content: "and then" }] });
      assert.equal(next.text, "and then");
    });

    test("a process that ends or breaks while nobody uses it is not given to the next request", async () => {
      for (const fault of ["exit-after-answer", "garbage-after-answer"]) {
        for (let round = 0; round < 5; round += 1) {
          const opening = { role: "user", content: `[[fault:${fault}]] ${round}` };
          const { text } = await ask(gantry, { model: "haiku", messages: [opening] });
          const history = [opening, { role: "assistant", content: text }];
          const last = { role: "user", content: `and then, ${round}` };
          const [next, other] = await Promise.all([
            ask(gantry, { model: "haiku", messages: [...history, last] }),
            ask(gantry, prompt(`another, ${round}`)),
          ]);
          assert.equal(next.text, `and then, ${round}`);
          assert.equal(other.text, `another, ${round}`);
        }
      }
      await untilAtRest(gantry);
    });

    test("a process that takes no more input is given up in time", async () => {
      const history = [
        { role: "user", content: "[[fault:deaf]]" },
        { role: "assistant", content: "x".repeat(1_000_000) },
        { role: "user", content: "are you there?" },
      ];
      const [reply, healthy] = await Promise.all([
        chat(gantry, { model: "haiku", stream: true, messages: history }),
        ask(gantry, prompt("beside the deaf")),
      ]);
      assertError(reply, "agent_failed");
      assert.equal(healthy.text, "beside the deaf");
      await untilAtRest(gantry);
    });

    test("a client that leaves a process which does not listen frees the place", async () => {
      const leaving = new AbortController();
      const response = await sendChat(gantry, faulty("ignore-everything", true), { signal: leaving.signal });
      assert.equal(response.status, 200);
      leaving.abort();
      await untilAtRest(gantry);
      assert.equal((await ask(gantry, prompt("after it"))).text, "after it");
    });
  });
}

/** Faults of the start: no turn can be served. */
const starts: readonly { readonly mode: FaultMode; readonly code: ErrorCode }[] = [
  { mode: "exit", code: "agent_failed" },
  { mode: "silent", code: "agent_unavailable" },
  { mode: "refuse", code: "agent_failed" },
  { mode: "garbage", code: "agent_failed" },
  { mode: "no-models", code: "agent_unavailable" },
  { mode: "mute", code: "agent_failed" },
];

describe("a CLI that goes wrong at its start", { concurrency: 2 }, () => {
  for (const { mode, code } of starts) {
    test(`${mode} gives one clear error, and the server recovers by itself`, async () => {
      const program = await layOutFaultProgram(mode);
      const env = { ...deadlines, GANTRY_START_MS: "2000" };
      const gantry = await startGantry({ claude: program.path, env, untilReady: mode === "mute" });
      try {
        const ready = await fetch(`${gantry.url}/ready`);
        assert.equal(ready.status, mode === "mute" ? 200 : 503);
        assert.deepEqual(await ready.json(), { ready: mode === "mute" });
        for (const reply of [await chat(gantry, prompt("hello", true)), await chat(gantry, prompt("hello"))]) {
          assertError(reply, code);
        }
        await program.become("serve");
        await eventually(async () => (await fetch(`${gantry.url}/ready`)).status === 200, "the server is ready");
        await eventually(async () => (await chat(gantry, prompt("hello"))).text === "hello", "a turn is served");
        await untilAtRest(gantry);
      } finally {
        await gantry.stop();
        await program.remove();
      }
    });
  }

  test("a program that stops starting is told to each client at once, and is found again when it does", async () => {
    const program = await layOutFaultProgram();
    const gantry = await startGantry({ claude: program.path, env: deadlines });
    try {
      await untilAtRest(gantry);
      await program.become("exit");
      // The idle processes that there are still answer; each takes its end with it.
      const replies: ChatReply[] = [];
      for (let count = 0; count < 6; count += 1) replies.push(await chat(gantry, faulty("crash-first", false)));
      for (const reply of replies) assertError(reply, "agent_failed");
      await program.become("serve");
      await eventually(async () => (await chat(gantry, prompt("hello"))).text === "hello", "a turn is served");
      await untilAtRest(gantry);
    } finally {
      await gantry.stop();
      await program.remove();
    }
  });

  test("a program that ignores every signal does not keep the server from ending", async () => {
    const program = await layOutFaultProgram("hold");
    const gantry = await startGantry({ claude: program.path, env: deadlines });
    assert.equal((await ask(gantry, prompt("hello"))).text, "hello");
    await gantry.stop();
    await program.remove();
  });
});
