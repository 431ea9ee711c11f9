import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createBenchClock } from "../../bench/store/bench-clock.ts";
import { checkAudit, checkBooks, WrongBooksError } from "../../bench/store/check-books.ts";
import { createTenant } from "../../bench/store/create-tenant.ts";
import { createLedgerPairs } from "../../bench/store/ledger-pairs.ts";
import { runCallers } from "../../bench/store/run-callers.ts";
import type { StoreFigures } from "../../bench/store/run-store.ts";
import { describeStorage, type StorageFacts } from "../../bench/store/storage-facts.ts";
import type { Bound } from "../../bench/report/bound.ts";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import type { Ledger } from "../../packages/server/src/core/ports/ledger.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { temporaryFolderFor } from "../processes/hosting.ts";
import { runBench } from "./run-program.ts";

const clock = createBenchClock();

async function openStore(context: TestContext): Promise<Store> {
  const directory = temporaryFolderFor(context);
  const store = await openSqliteStore({ directory, clock, onFailure: () => {} });
  context.after(() => store.close());
  return store;
}

test("a quick run measures both stores beside the plain programs, and judges every bound", async (t) => {
  const folder = temporaryFolderFor(t);
  const [report, json] = [join(folder, "store.md"), join(folder, "store.json")];
  const { code, stdout, stderr } = await runBench("main.ts", ["store", "--quick", "--report", report, "--json", json]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${await readFile(report, "utf8")}\n`);

  // The program's own output; what is relied on is looked at below.
  const run = JSON.parse(await readFile(json, "utf8")) as StoreFigures & { bounds: readonly Bound[] };
  const names = ["sqlite", "sqlite-plain", "postgres", "postgres-plain"];
  assert.deepEqual(
    run.pairs.map(({ callers, entries }) => [callers, ...entries.map(({ name }) => name)]),
    [1, 32].map((callers) => [callers, ...names]),
  );
  assert.deepEqual(
    run.admission.map(({ store, callers, key }) => [store, callers, key]),
    [1, 32, 1].flatMap((callers, stage) =>
      ["sqlite", "postgres"].map((store) => [store, callers, stage === 2 ? "forgotten" : "remembered"]),
    ),
  );
  for (const { rounds } of [...run.pairs.flatMap(({ entries }) => entries), ...run.admission]) {
    assert.equal(rounds.length, 1);
    for (const { runs, seconds, p50Ms, p95Ms } of rounds) {
      assert.ok(runs > 0 && seconds > 0 && p50Ms > 0 && p95Ms >= p50Ms);
    }
  }
  for (const { keyP50Ms, limitsP50Ms, reservationP50Ms, p95Ms } of run.admission.flatMap(({ rounds }) => rounds)) {
    for (const part of [keyP50Ms, limitsP50Ms, reservationP50Ms]) assert.ok(part > 0 && part <= p95Ms);
  }
  assert.equal(run.bounds.length, 4);
  for (const { claim, measured } of run.bounds) {
    assert.ok(Number.isFinite(measured), claim);
    const row = stdout.split("\n").find((line) => line.startsWith(`| ${claim} |`));
    assert.match(row ?? "", /\| (met|\*\*missed\*\*) \|$/, claim);
  }
});

test("pairs leave the books they say they leave", async (t) => {
  const store = await openStore(t);
  const pairs = await createLedgerPairs(store, clock);
  await Promise.all(Array.from({ length: 20 }, () => pairs.runPair()));
  await pairs.check();
  await checkAudit(store);
});

/** Ledgers that say they did what they were told. */
const lies: readonly (readonly [lie: string, tell: (ledger: Ledger) => Ledger, found: RegExp])[] = [
  ["leaves out a settlement", (ledger) => ({ ...ledger, settle: async () => true }), /spent of the key's budget/],
  [
    "books more than it was told",
    (ledger) => ({
      ...ledger,
      settle: (id, { micros, tokens }, usage, audit) => ledger.settle(id, { micros, tokens: tokens + 1 }, usage, audit),
    }),
    /spent of the project's budget: expected \d+, found \d+/,
  ],
  [
    "writes a usage row of another cost",
    (ledger) => ({
      ...ledger,
      settle: (id, spent, usage, audit) => ledger.settle(id, spent, { ...usage, costMicros: 1 }, audit),
    }),
    /cost of the usage rows/,
  ],
];
for (const [lie, tell, found] of lies) {
  test(`a store that ${lie} does not pass`, async (t) => {
    const store = await openStore(t);
    const pairs = await createLedgerPairs({ ...store, ledger: tell(store.ledger) }, clock);
    await pairs.check();
    await pairs.runPair();
    await assert.rejects(pairs.check(), (error) => error instanceof WrongBooksError && found.test(error.message));
  });
}

test("a reservation that stays open is found, and named", async (t) => {
  const store = await openStore(t);
  const tenant = await createTenant(store, clock, {});
  const nothing = { requests: 0, micros: 0, tokens: 0 };
  await checkBooks(store, clock, tenant, nothing);
  await store.ledger.reserve({
    requestId: "req_open",
    nodeId: "node_bench",
    now: clock.epoch(),
    leaseUntil: clock.epoch() + 30_000,
    projectId: tenant.projectId,
    keyId: tenant.keyId,
    runId: null,
    model: "claude-haiku-5-5",
    driver: "claude",
    profile: "enterprise@1",
    amounts: { micros: 7, tokens: 9 },
  });
  await assert.rejects(checkBooks(store, clock, tenant, nothing), {
    name: "WrongBooksError",
    message: "sqlite: reserved of the key's budget: expected 0, found 7",
  });
});

test("the first failure of a caller ends the block, once nobody is at work any more", async () => {
  let working = 0;
  let runs = 0;
  const { signal } = new AbortController();
  const block = runCallers({ callers: 4, ms: 60_000, signal }, async () => {
    working += 1;
    runs += 1;
    const number = runs;
    await Promise.resolve();
    working -= 1;
    if (number === 10) throw new Error("the tenth");
    return 1;
  });
  await assert.rejects(block, /the tenth/);
  assert.equal(working, 0);
});

test("a run that is stopped ends with the reason", async () => {
  const stopping = new AbortController();
  const block = runCallers({ callers: 2, ms: 60_000, signal: stopping.signal }, async () => {
    stopping.abort(new Error("stopped by the terminal"));
    return 1;
  });
  await assert.rejects(block, /stopped by the terminal/);
});

test("a run without a disk behind it says so", () => {
  const postgres = { version: "18", fsync: "on", synchronousCommit: "on", walSyncMethod: "fdatasync", isLocal: true };
  const durable: StorageFacts = { fileSystem: "ext4", postgres };
  assert.doesNotMatch(describeStorage(durable), /Not every commit/);
  for (const facts of [
    { ...durable, fileSystem: "tmpfs" },
    { ...durable, postgres: { ...postgres, fsync: "off" } },
    { ...durable, postgres: { ...postgres, synchronousCommit: "off" } },
  ]) {
    assert.match(describeStorage(facts), /Not every commit of this run waited for a disk/);
  }
});

test("a mistake in the command line is told in one line", async () => {
  for (const args of [
    ["store", "--rounds", "0"],
    ["store", "extra"],
    ["routing", "--quick"],
    ["routing", "extra"],
  ]) {
    const { code, stderr, stdout } = await runBench("main.ts", args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});
