import assert from "node:assert/strict";
import { test } from "node:test";
import { noUsage } from "@gantry/contracts/completion";
import { createTestPool } from "../pool/test-pool.ts";
import { silentLog } from "../ports/test-driver.ts";
import { createCompletionService } from "./create-completion-service.ts";

/** The trace that a turn carries when its client has sent one. */
async function readTrace(tracing: boolean): Promise<string | undefined> {
  const { pool, driver, clock } = createTestPool();
  const service = createCompletionService({
    pool,
    capabilities: { ...driver.capabilities, tracing },
    deadlines: { firstByteMs: 1000, silenceMs: 1000, totalMs: 1000 },
    digest: (text) => text,
    schemas: { examine: async () => undefined, check: async () => [] },
    clock,
    log: silentLog,
    limits: { maxProcesses: 3, queueLength: 4 },
    firstOwner: "ada",
  });
  let trace: string | undefined;
  driver.answer = async function* ({ traceparent }) {
    trace = traceparent;
    yield { type: "answer.finished", reason: "stop", usage: noUsage };
  };
  const { events } = await service.complete({
    owner: "ada",
    completion: {
      model: "one",
      system: "",
      messages: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
      sampling: {},
    },
    signal: new AbortController().signal,
    traceparent: "00-1-2-01",
  });
  for await (const _event of events);
  service.drain();
  await pool.stop();
  return trace;
}

test("the trace of a client goes to a driver that can carry it, and to no other", async () => {
  assert.equal(await readTrace(true), "00-1-2-01");
  assert.equal(await readTrace(false), undefined);
});
