import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ErrorCode } from "@gantry/contracts/errors";
import { assertChatError, assertDiscreet } from "../harness/assert-chat-error.ts";
import { ask, chat, readReply, sendChat } from "../harness/chat.ts";
import { type FaultProgram, layOutFaultProgram } from "../harness/fault-program.ts";
import { findProcesses } from "../harness/processes.ts";
import { eventually, untilAtRest } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const deadlines = { GANTRY_FIRST_BYTE_MS: "5000", GANTRY_SILENCE_MS: "5000", GANTRY_TOTAL_MS: "8000" };

const prompt = (content: string, stream = false) => ({ model: "haiku", stream, messages: [{ role: "user", content }] });
const faulty = (fault: string, stream: boolean) => prompt(`[[fault:${fault}]]`, stream);

/** Faults in a turn: what the client gets, and whether the answer had begun. */
const faults: readonly { readonly fault: string; readonly code: ErrorCode; readonly begins: boolean }[] = [
  { fault: "ignore-everything", code: "upstream_timeout", begins: true },
  { fault: "ignore-interrupt", code: "upstream_timeout", begins: true },
  { fault: "flood", code: "upstream_timeout", begins: false },
  { fault: "hang-first", code: "upstream_timeout", begins: false },
  { fault: "hang", code: "upstream_timeout", begins: true },
  { fault: "garbage-first", code: "agent_failed", begins: false },
  { fault: "garbage", code: "agent_failed", begins: true },
  { fault: "crash-first", code: "agent_failed", begins: false },
  { fault: "crash", code: "agent_failed", begins: true },
  { fault: "crash-in-line", code: "agent_failed", begins: true },
  { fault: "crash-with-child", code: "agent_failed", begins: true },
  { fault: "exit-in-peace", code: "agent_failed", begins: true },
  { fault: "unknown-error", code: "agent_failed", begins: false },
];
/** Faults that take a slow machine a while. */
const slowFaults: typeof faults = [
  { fault: "long-line-first", code: "agent_failed", begins: false },
  { fault: "long-line", code: "agent_failed", begins: true },
];
/** Where the walls could make a difference. */
const withoutWalls = new Set(["ignore-everything", "garbage", "crash-with-child"]);

for (const sandbox of ["bubblewrap", "none"]) {
  describe(`a CLI behind ${sandbox} that goes wrong in a turn`, { concurrency: 4 }, () => {
    let program: FaultProgram;
    let gantry: Gantry;
    before(async () => {
      program = await layOutFaultProgram();
      gantry = await startGantry({
        claude: program.path,
        env: { ...deadlines, GANTRY_SANDBOX: sandbox, GANTRY_MAX_PROCESSES: "12" },
      });
    });
    after(async () => {
      await untilAtRest(gantry);
      await gantry.stop();
      await program.remove();
    });

    for (const { fault, code, begins } of faults) {
      if (sandbox === "none" && !withoutWalls.has(fault)) continue;
      test(`${fault} gives one clear error and harms no other request`, () => endure(gantry, { fault, code, begins }));
    }
  });
}

async function endure(gantry: Gantry, { fault, code, begins }: (typeof faults)[number]): Promise<void> {
  const [streamed, whole, healthy] = await Promise.all([
    chat(gantry, faulty(fault, true)),
    chat(gantry, faulty(fault, false)),
    ask(gantry, prompt(`beside ${fault}`, true)),
  ]);
  assertChatError(streamed, code);
  assertChatError(whole, code);
  assert.equal(streamed.text, begins ? "half of an answer" : "");
  assert.equal(healthy.text, `beside ${fault}`);
  assert.equal((await ask(gantry, prompt(`after ${fault}`))).text, `after ${fault}`);
}

// With the usual deadlines: on a busy machine it takes a while to reach the bounds of what is read.
describe("a CLI that comes to no end", () => {
  let program: FaultProgram;
  let gantry: Gantry;
  before(async () => {
    program = await layOutFaultProgram();
    gantry = await startGantry({ claude: program.path, env: { GANTRY_MAX_PROCESSES: "6" } });
  });
  after(async () => {
    await gantry.stop();
    await program.remove();
  });

  test("a line that never ends gives one clear error and harms no other request", async () => {
    for (const fault of slowFaults) await endure(gantry, fault);
  });

  test("a flood of text has an end, whether it is passed on or kept", async () => {
    const [passedOn, kept, healthy] = await Promise.all([
      readFlood(await sendChat(gantry, faulty("flood-of-text", true))),
      chat(gantry, faulty("flood-of-text", false)),
      ask(gantry, prompt("beside the flood")),
    ]);
    assert.match(passedOn.start, /more more/);
    assert.match(passedOn.end, /"code":"agent_failed"\}\}\n\n$/);
    assertChatError(kept, "agent_failed");
    assert.equal(healthy.text, "beside the flood");
    await untilAtRest(gantry);
  });
});

describe("a CLI that misbehaves", () => {
  let program: FaultProgram;
  let gantry: Gantry;
  before(async () => {
    program = await layOutFaultProgram();
    gantry = await startGantry({ claude: program.path, env: { ...deadlines, GANTRY_MAX_PROCESSES: "6" } });
  });
  after(async () => {
    await gantry.stop();
    await program.remove();
  });

  test("a little noise and lines of the wrong shape are forgiven", async () => {
    assert.equal((await ask(gantry, faulty("few-garbage-lines", true))).text, "despite some noise");
    assert.equal((await ask(gantry, faulty("wrong-types", true))).text, "as good as it gets");
    const empty = await chat(gantry, faulty("result-without-answer", false));
    assertDiscreet(empty);
    assert.equal(empty.text, "");
  });

  test("a result that comes twice does not answer the next request", async () => {
    const opening = { role: "user", content: "[[fault:two-results]]" };
    const first = await ask(gantry, { model: "haiku", messages: [opening] });
    assert.equal(first.text, "said once");
    const history = [opening, { role: "assistant", content: "said once" }];
    const next = await ask(gantry, { model: "haiku", messages: [...history, { role: "user", content: "and then" }] });
    assert.equal(next.text, "and then");
  });

  for (const [deaf, history] of Object.entries({
    "between two messages": ["[[fault:deaf]]", "x".repeat(1_000_000), "are you there?"],
    "in the midst of a replay": ["[[fault:deaf]]", "yes", "x".repeat(1_000_000), "yes", "are you there?"],
    "before the prompt": ["[[fault:deaf]]", "yes", "x".repeat(1_000_000)],
  })) {
    test(`a process that takes no more input ${deaf} is given up in time`, async () => {
      const messages = history.map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content }));
      const [reply, healthy] = await Promise.all([
        chat(gantry, { model: "haiku", stream: true, messages }),
        ask(gantry, prompt("beside the deaf")),
      ]);
      assertChatError(reply, deaf === "before the prompt" ? "upstream_timeout" : "agent_failed");
      assert.equal(healthy.text, "beside the deaf");
    });
  }

  test("a client that leaves a process which does not listen frees the place", async () => {
    const leaving = new AbortController();
    const response = await sendChat(gantry, faulty("ignore-everything", true), { signal: leaving.signal });
    assert.equal(response.status, 200);
    leaving.abort();
    await assert.rejects(readReply(response), { name: "AbortError" });
    await untilAtRest(gantry);
  });
});

test("a process that ended or broke while nobody used it is not given to the next request", async () => {
  const program = await layOutFaultProgram();
  // The only process there is: whoever comes next would get the dead one.
  const env = { GANTRY_MAX_PROCESSES: "1", GANTRY_MIN_READY: "0" };
  const gantry = await startGantry({ claude: program.path, env });
  try {
    for (const fault of ["exit-after-answer", "garbage-after-answer"]) {
      for (let round = 0; round < 3; round += 1) {
        const opening = { role: "user", content: `[[fault:${fault}]]` };
        await untilAtRest(gantry);
        const lost = await findProcesses(gantry.processes);
        const { text } = await ask(gantry, { model: "haiku", messages: [opening] });
        await eventually(async () => {
          const living = await findProcesses(gantry.processes);
          return !lost.some((pid) => living.includes(pid));
        }, "the process is gone");
        const messages = [opening, { role: "assistant", content: text }, { role: "user", content: "and then" }];
        assert.equal((await ask(gantry, { model: "haiku", messages })).text, "and then");
      }
    }
  } finally {
    await gantry.stop();
    await program.remove();
  }
});

/** The first and the last of a stream that is too long to be kept. */
async function readFlood(response: Response): Promise<{ readonly start: string; readonly end: string }> {
  assert.ok(response.body);
  const decoder = new TextDecoder();
  let start = "";
  let end = "";
  for await (const chunk of response.body) {
    const text = decoder.decode(chunk, { stream: true });
    if (start.length < 2000) start += text;
    end = (end + text).slice(-500);
  }
  return { start, end };
}
