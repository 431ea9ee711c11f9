import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../core/ports/clock.ts";
import { readVerifiedAudit } from "../shared/conformance/audit-conformance.ts";
import { noon, sampleBudget } from "../shared/conformance/samples.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { startProgram } from "./program-under-test.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

/** Spends 2 micro-dollars a request with many at one time, and names each request whose settlement resolved. */
const toSpender = (directory: string): string => `
  import { openSqliteStore } from ${JSON.stringify(import.meta.resolve("./open-sqlite-store.ts"))};
  import { systemClock } from ${JSON.stringify(import.meta.resolve("../../../core/ports/clock.ts"))};
  import * as samples from ${JSON.stringify(import.meta.resolve("../shared/conformance/samples.ts"))};
  const onFailure = (error) => { throw error; };
  const store = await openSqliteStore({ directory: ${JSON.stringify(directory)}, clock: systemClock, onFailure });
  let next = 0;
  const spend = async () => {
    for (;;) {
      const id = "r" + (next += 1);
      await store.ledger.reserve(samples.sampleRequest(id, 3));
      await store.ledger.settle(id, samples.toMicros(2), samples.sampleUsage(id, 2), samples.sampleEntry("request:" + id));
      console.log(id);
    }
  };
  await Promise.all(Array.from({ length: 32 }, spend));
`;

test("after a kill in the midst of work nothing that was told is lost, and money and audit add up", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  const open = () => openSqliteStore({ directory, clock: systemClock, onFailure: assert.fail });
  const first = await open();
  await first.control.createBudget("bud_a", sampleBudget({ limit: 1_000_000_000 }), noon);
  await first.close();

  const program = startProgram(toSpender(directory));
  const told: string[] = [];
  try {
    while (told.length < 600) {
      const line = await program.lines.next();
      assert.ok(line.done !== true, "the program ended by itself");
      told.push(line.value);
    }
  } finally {
    await program.kill();
  }
  for await (const line of program.lines) told.push(line);

  const store = await open();
  await store.ledger.expire(noon * 2);
  const rows = (await store.usage.list({ from: 0, to: noon * 3 }, { limit: 1_000_000 })).items;
  const settled = rows.filter(({ outcome }) => outcome === "completed");
  const ids = new Set(settled.map(({ id }) => id));
  assert.deepEqual(
    told.filter((id) => !ids.has(id)),
    [],
  );
  const budget = await store.control.getBudget("bud_a", noon);
  assert.deepEqual([budget?.spent, budget?.reserved], [settled.length * 2, 0]);
  assert.equal((await readVerifiedAudit(store.audit)).length, rows.length);
  await store.close();
});
