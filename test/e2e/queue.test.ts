import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatReply } from "../harness/chat.ts";
import { type FaultProgram, layOutFaultProgram } from "../harness/fault-program.ts";
import { eventually, readHealth, untilAtRest, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const toBody = (content: string) => ({ model: "haiku", messages: [{ role: "user", content }] });

/** A turn that lasts until it is left. */
interface EndlessTurn {
  leave(): Promise<void>;
}

function occupy(gantry: Gantry): EndlessTurn {
  const leaving = new AbortController();
  const reply = chat(gantry, toBody("[[fault:hang-first]]"), { signal: leaving.signal });
  return {
    async leave() {
      leaving.abort();
      await assert.rejects(reply, { name: "AbortError" });
    },
  };
}

const leaveAll = (turns: readonly EndlessTurn[]) => Promise.all(turns.map((turn) => turn.leave()));

function assertRefused(reply: ChatReply, code: "queue_full" | "queue_timeout"): void {
  assertChatError(reply, code);
  assert.equal(reply.headers.get("retry-after"), "1");
  assert.equal(reply.headers.get("x-should-retry"), "true");
}

describe("when all processes are busy", () => {
  let program: FaultProgram;
  let gantry: Gantry;
  before(async () => {
    program = await layOutFaultProgram();
    const env = { GANTRY_MAX_PROCESSES: "2", GANTRY_QUEUE_LENGTH: "2", GANTRY_QUEUE_WAIT_MS: "60000" };
    gantry = await startGantry({ claude: program.path, env });
  });
  after(async () => {
    await gantry.stop();
    await program.remove();
  });

  test("the next requests wait and are served in their order, and one too many is refused at once", async () => {
    const running = [occupy(gantry), occupy(gantry)];
    await untilBusy(gantry, 2);
    const served: string[] = [];
    const third = ask(gantry, toBody("third")).then(({ text }) => served.push(text));
    await untilBusy(gantry, 2, 1);
    const fourth = ask(gantry, toBody("fourth")).then(({ text }) => served.push(text));
    await untilBusy(gantry, 2, 2);
    assertRefused(await chat(gantry, toBody("fifth")), "queue_full");
    assertRefused(await chat(gantry, { ...toBody("sixth"), stream: true }), "queue_full");

    await running[0]?.leave();
    await Promise.all([third, fourth]);
    assert.deepEqual(served, ["third", "fourth"]);
    await running[1]?.leave();
    await untilAtRest(gantry);
  });

  test("who leaves the queue frees a place in it", async () => {
    const running = [occupy(gantry), occupy(gantry)];
    await untilBusy(gantry, 2);
    const waiting = [occupy(gantry), occupy(gantry)];
    await untilBusy(gantry, 2, 2);
    await waiting[0]?.leave();
    await untilBusy(gantry, 2, 1);
    const next = ask(gantry, toBody("next"));
    await untilBusy(gantry, 2, 2);
    await leaveAll([...running, ...waiting.slice(1)]);
    assert.equal((await next).text, "next");
    await untilAtRest(gantry);
  });

  test("what can be answered without a process is answered meanwhile", async () => {
    const running = [occupy(gantry), occupy(gantry)];
    const waiting = [occupy(gantry), occupy(gantry)];
    await untilBusy(gantry, 2, 2);
    const headers = { authorization: `Bearer ${gantry.key}` };
    assert.equal((await fetch(`${gantry.url}/v1/models`, { headers })).status, 200);
    assert.equal((await fetch(`${gantry.url}/ready`)).status, 200);
    const { queue, processes } = await readHealth(gantry);
    assert.deepEqual([queue, processes.busy, processes.limit], [{ length: 2, limit: 2 }, 2, 2]);
    assert.equal((await chat(gantry, { ...toBody("hello"), model: "nonesuch" })).error?.code, "model_not_found");
    await leaveAll([...running, ...waiting]);
    await untilAtRest(gantry);
  });
});

test("a wait that lasts too long is refused, and the process goes to somebody else", async () => {
  const program = await layOutFaultProgram();
  const env = { GANTRY_MAX_PROCESSES: "1", GANTRY_QUEUE_LENGTH: "5", GANTRY_QUEUE_WAIT_MS: "300" };
  const gantry = await startGantry({ claude: program.path, env });
  try {
    const running = occupy(gantry);
    await untilBusy(gantry, 1);
    const replies = await Promise.all(["a", "b", "c"].map((content) => chat(gantry, toBody(content))));
    for (const reply of replies) assertRefused(reply, "queue_timeout");
    await untilBusy(gantry, 1, 0);
    await running.leave();
    await eventually(async () => (await chat(gantry, toBody("d"))).text === "d", "the next one is served");
  } finally {
    await gantry.stop();
    await program.remove();
  }
});

test("a queue of length 0 refuses only what no process could serve", async () => {
  const program = await layOutFaultProgram();
  const env = { GANTRY_MAX_PROCESSES: "2", GANTRY_QUEUE_LENGTH: "0" };
  const gantry = await startGantry({ claude: program.path, env });
  try {
    assert.equal((await ask(gantry, toBody("first"))).text, "first");
    // The second of them needs a process that is still to be started.
    const running = [occupy(gantry), occupy(gantry)];
    await untilBusy(gantry, 2);
    assertRefused(await chat(gantry, toBody("third")), "queue_full");
    await leaveAll(running);
    await untilAtRest(gantry);
  } finally {
    await gantry.stop();
    await program.remove();
  }
});
