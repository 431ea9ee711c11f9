import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { settle } from "../ports/test-clock.ts";
import { createTestPool, useFor } from "./test-pool.ts";

const failsWith = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;
const unavailable = new FailureError(toFailure("agent_unavailable"));

test("requests beyond the queue's length are refused at once, with a time to come back", async () => {
  const { acquire } = createTestPool({ maxProcesses: 1, queueLength: 1 });
  await acquire();
  const waiting = acquire();
  await assert.rejects(
    acquire(),
    (error) => failsWith("queue_full")(error) && (error as FailureError).failure.retryAfterMs === 1000,
  );
  assert.equal(await Promise.race([waiting, "waits"]), "waits");
});

test("a request that waits too long is refused, and its place is free again", async () => {
  const { acquire, clock, pool } = createTestPool({ maxProcesses: 1, queueLength: 1 });
  await acquire();
  const late = acquire();
  clock.advance(999);
  assert.equal(pool.queueLength, 1);
  clock.advance(1);
  await assert.rejects(late, failsWith("queue_timeout"));
  assert.equal(pool.queueLength, 0);
});

test("a request whose client left while it waited fails with the signal's reason and takes no process", async () => {
  const { acquire, driver, pool } = createTestPool({ maxProcesses: 1 });
  const busy = await acquire();
  const leaving = new AbortController();
  const gone = acquire({}, leaving.signal);
  const next = acquire();
  leaving.abort(new Error("left"));
  await assert.rejects(gone, /left/);
  assert.equal(pool.queueLength, 1);
  useFor(driver, busy, "k");
  assert.equal((await next).agent, busy.agent);
  await assert.rejects(acquire({}, AbortSignal.abort(new Error("left before"))), /left before/);
});

test("a client that leaves while its process is made ready gives it back clean", async () => {
  const { acquire, driver, states } = createTestPool();
  driver.manual = true;
  const leaving = new AbortController();
  const gone = acquire({}, leaving.signal);
  driver.steps[0]?.finish();
  await settle();
  assert.deepEqual(
    driver.steps.map(({ name }) => name),
    ["initialise"],
  );
  leaving.abort(new Error("left"));
  driver.manual = false;
  driver.steps[0]?.finish();
  await assert.rejects(gone, /left/);
  await settle();
  assert.deepEqual(states(), ["clean ada S"]);
});

test("a request that gave up while its process was made ready does not wait again when that fails", async () => {
  for (const giveUp of ["leave", "time"] as const) {
    const { acquire, clock, driver, pool } = createTestPool({ maxProcesses: 1 });
    driver.manual = true;
    const leaving = new AbortController();
    const gone = acquire({}, leaving.signal);
    driver.steps[0]?.finish();
    await settle();
    if (giveUp === "leave") leaving.abort(new Error("left"));
    else clock.advance(1000);
    driver.steps[0]?.fail(unavailable);
    await assert.rejects(gone, giveUp === "leave" ? /left/ : failsWith("queue_timeout"));
    assert.equal(pool.queueLength, 0);
  }
});

test("owners who keep a full house busy do not end each other's processes turn by turn", async () => {
  const { acquire, driver } = createTestPool({ maxProcesses: 2, queueLength: 20 });
  const [ofAda, ofBob] = await Promise.all([acquire({ owner: "ada" }), acquire({ owner: "bob" })]);
  const waiting = ["ada", "bob"].flatMap((owner) => Array.from({ length: 5 }, () => acquire({ owner })));
  useFor(driver, ofAda, "k");
  for (const turn of waiting.slice(0, 4)) useFor(driver, await turn, "k");
  useFor(driver, ofBob, "k");
  for (const turn of waiting.slice(5, 9)) useFor(driver, await turn, "k");
  assert.equal(driver.agents.length, 2);
});

test("who has no process gets one of those who keep a full house busy, when it has served them for a while", async () => {
  const { acquire, clock, driver, pool } = createTestPool({ maxProcesses: 2, queueLength: 20, queueWaitMs: 60_000 });
  const served: string[] = [];
  const serve = async (owner: string): Promise<void> => {
    const lease = await acquire({ owner });
    served.push(owner);
    clock.advance(500);
    useFor(driver, lease, "k");
  };
  await Promise.all([serve("ada"), serve("ada")]);
  const busy = Array.from({ length: 12 }, () => serve("ada"));
  const newcomer = serve("eve");
  await Promise.all([...busy, newcomer]);
  // Two seconds, of which each turn takes half of one; the fifth had begun by then.
  assert.equal(served.indexOf("eve"), 5, served.join(" "));
  assert.equal(pool.queueLength, 0);
});
