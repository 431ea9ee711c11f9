import assert from "node:assert/strict";
import fc from "fast-check";
import { createLedgerModel, type LedgerModel, type Planned, type Step } from "./ledger-model.ts";
import { dayMs } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const requestCount = 10;
const index = fc.nat({ max: requestCount - 1 });

const planned: fc.Arbitrary<Planned> = fc.record({
  project: fc.nat({ max: 1 }),
  key: fc.nat({ max: 2 }),
  micros: fc.nat({ max: 60 }),
  tokens: fc.nat({ max: 60 }),
  concurrent: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("reserve" as const), request: index }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("extend" as const), request: index, more: fc.nat({ max: 40 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("settle" as const), request: index, percent: fc.nat({ max: 100 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("record" as const), request: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("renew" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("expire" as const) }) },
);

/** Steps that are under way at one time; time moves on after them. */
const round = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 10 }),
  crash: fc.integer({ min: 0, max: 7 }).map((value) => value === 0),
  laterMs: fc.oneof(fc.constant(0), fc.nat({ max: 120_000 }), fc.nat({ max: dayMs })),
});

export function describeLedgerProperties(describe: Describe): void {
  describe("whatever comes in whatever order, with crashes: budgets hold and the ledger adds up", async (store, tested) => {
    let current = store;
    let run = 0;
    const property = fc.asyncProperty(
      fc.array(planned, { minLength: requestCount, maxLength: requestCount }),
      fc.array(round, { minLength: 1, maxLength: 8 }),
      async (requests, rounds) => {
        run += 1;
        const model = await createLedgerModel(current, `${run}`, requests);
        for (const { steps, crash, laterMs } of rounds) {
          if (crash) current = await crashDuring(model, steps, () => tested.crash());
          else await model.runAll(steps);
          await model.check();
          model.advance(laterMs);
        }
        await model.finish();
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
}

/** Starts the steps, crashes in their midst, and sends each that failed again, as clients do. */
async function crashDuring<Reopened extends LedgerModel["store"]>(
  model: LedgerModel,
  steps: readonly Step[],
  crash: () => Promise<Reopened>,
): Promise<Reopened> {
  const underWay = model.startAll(steps);
  const reopened = await crash();
  const failed = await underWay;
  assert.ok(failed.every((failure) => failure.error instanceof Error));
  model.store = reopened;
  await model.runAll(failed.map(({ step: again }) => again));
  return reopened;
}
