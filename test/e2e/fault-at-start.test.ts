import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ErrorCode } from "@gantry/contracts/errors";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatReply } from "../harness/chat.ts";
import { type FaultMode, type FaultProgram, layOutFaultProgram } from "../harness/fault-program.ts";
import { eventually, readHealth, untilAtRest } from "../harness/server-state.ts";
import { type Gantry, type GantryOptions, startGantry } from "../harness/start-gantry.ts";

const prompt = (content: string, stream = false) => ({ model: "haiku", stream, messages: [{ role: "user", content }] });

/** Faults of the start: no turn can be served. */
const starts: readonly { readonly mode: FaultMode; readonly code: ErrorCode }[] = [
  { mode: "exit", code: "agent_failed" },
  { mode: "silent", code: "agent_unavailable" },
  { mode: "refuse", code: "agent_failed" },
  { mode: "garbage", code: "agent_failed" },
  { mode: "no-models", code: "agent_unavailable" },
];

async function withServer(
  mode: FaultMode,
  options: GantryOptions,
  use: (gantry: Gantry, program: FaultProgram) => Promise<void>,
): Promise<void> {
  const program = await layOutFaultProgram(mode);
  const gantry = await startGantry({ ...options, claude: program.path });
  try {
    await use(gantry, program);
  } finally {
    await gantry.stop();
    await program.remove();
  }
}

const untilServed = (gantry: Gantry) =>
  eventually(async () => (await chat(gantry, prompt("hello"))).text === "hello", "a turn is served");

describe("a CLI that goes wrong at its start", { concurrency: 3 }, () => {
  for (const { mode, code } of starts) {
    test(`${mode}: the server says that it is not ready, gives one clear error, and recovers by itself`, async () => {
      const options = { env: { GANTRY_START_MS: "8000" }, untilReady: false };
      await withServer(mode, options, async (gantry, program) => {
        const ready = await fetch(`${gantry.url}/ready`);
        assert.deepEqual([ready.status, await ready.json()], [503, { ready: false }]);
        assertChatError(await chat(gantry, prompt("hello", true)), code);
        await program.become("serve");
        // Nobody sends it a request meanwhile: that is what "not ready" asks for.
        await eventually(async () => (await fetch(`${gantry.url}/ready`)).status === 200, "the server is ready");
        assert.equal((await ask(gantry, prompt("hello"))).text, "hello");
        await untilAtRest(gantry);
      });
    });
  }

  test("a program that does not take its settings is given up in time", async () => {
    const env = { GANTRY_FIRST_BYTE_MS: "5000" };
    await withServer("mute", { env }, async (gantry, program) => {
      assertChatError(await chat(gantry, prompt("hello", true)), "agent_failed");
      await program.become("serve");
      await untilServed(gantry);
      await untilAtRest(gantry);
    });
  });

  test("a program that stops starting is told to each client, and is not started over and over", async () => {
    await withServer("serve", {}, async (gantry, program) => {
      await untilAtRest(gantry);
      await program.become("exit");
      // The idle processes still take a turn each, which ends them.
      const replies: ChatReply[] = [];
      for (let count = 0; count < 4; count += 1) replies.push(await chat(gantry, prompt("[[fault:crash-first]]")));
      for (const reply of replies) assertChatError(reply, "agent_failed");
      const before = { ends: countEnds(gantry), uptime: (await readHealth(gantry)).uptime_seconds };
      assertChatError(await chat(gantry, prompt("hello")), "agent_failed");
      await eventually(
        async () => (await readHealth(gantry)).uptime_seconds >= before.uptime + 3,
        "seconds have passed",
      );
      const ends = countEnds(gantry) - before.ends;
      assert.ok(ends < 10, `${ends} processes were started and ended meanwhile`);
      await program.become("serve");
      await untilServed(gantry);
      await untilAtRest(gantry);
    });
  });

  test("a program that ignores every signal does not keep the server from ending", async () => {
    await withServer("hold", {}, async (gantry) => {
      assert.equal((await ask(gantry, prompt("hello"))).text, "hello");
    });
  });
});

/** How often the log says that a process ended by itself. */
function countEnds(gantry: Gantry): number {
  return gantry.stderr().split("ended by itself").length - 1;
}
