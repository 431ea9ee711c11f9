import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { toChainText } from "../../../core/audit/audit-chain.ts";
import { hasCode, sampleEntry, sampleRequest, sampleUsage, toMicros } from "../shared/conformance/samples.ts";
import { toAuditRow } from "../shared/audit-rows.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { createBatchRunner, createReadRunner, type RunBatch } from "./run-batch.ts";
import { toStoreFailure } from "./sqlite-error.ts";
import type { StoreAnswer } from "./store-calls.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

async function openDatabase(context: TestContext): Promise<{ db: DatabaseSync; run: RunBatch; file: string }> {
  const file = join(await makeTemporaryDirectory(context), "gantry.db");
  await prepareDatabase(file, 0);
  const db = new DatabaseSync(file);
  context.after(() => db.close());
  return { db, run: createBatchRunner(db), file };
}

const insertBudget = (id: string, limit: number) =>
  [
    "query",
    "insert into budgets (id, subject, subject_id, unit, period, max_amount, shadow, created_at) " +
      "values (?, 'project', 'prj_a', 'micros', 'day', ?, 0, 0)",
    [id, limit],
  ] as const;

const isFailure = (answer: StoreAnswer | undefined): boolean => answer !== undefined && "failure" in answer;
const settle = (id: string, target = `request:${id}`) =>
  ["settle", id, toMicros(1), sampleUsage(id, 1), sampleEntry(target)] as const;

/** Rows of the audit, each checked against the one before. */
function readChain(db: DatabaseSync): string[] {
  let previous = "0".repeat(64);
  const rows = db.prepare("select * from audit order by sequence").all();
  return rows.map((record, index) => {
    const row = toAuditRow(record as Parameters<typeof toAuditRow>[0]);
    assert.equal(row.hash, hash("sha256", toChainText(index + 1, previous, row)));
    previous = row.hash;
    return row.target;
  });
}

test("calls of a batch see what those before them did", async (context) => {
  const { run } = await openDatabase(context);
  const answers = run([
    ["reserve", sampleRequest("before", 50)],
    insertBudget("bud_a", 10),
    ["reserve", sampleRequest("1", 8)],
    ["extend", "1", toMicros(2), 0],
    ["reserve", sampleRequest("2", 1)],
    ["query", "select reserved from budget_windows", []],
    ["query", "update budgets set max_amount = 11", []],
    ["reserve", sampleRequest("2", 1)],
    ["query", "select count(*) as open from reservations", []],
    settle("1"),
    ["query", "select spent, reserved from budget_windows", []],
  ]);
  const values = answers.map((answer) => ("value" in answer ? answer.value : answer.failure));
  assert.deepEqual(values.slice(2, 4), [{ kind: "reserved" }, { kind: "reserved" }]);
  assert.partialDeepStrictEqual(values[4], { kind: "over_budget", budget: { reserved: 10 } });
  assert.partialDeepStrictEqual(values[5], { rows: [{ reserved: 10 }] });
  assert.deepEqual(values[6], { rows: [], changes: 1 });
  assert.deepEqual(values[7], { kind: "reserved" });
  assert.partialDeepStrictEqual(values[8], { rows: [{ open: 3 }] });
  assert.partialDeepStrictEqual(values[10], { rows: [{ spent: 1, reserved: 1 }] });
});

test("a statement that breaks a rule of its table fails alone", async (context) => {
  const { db, run } = await openDatabase(context);
  const answers = run([
    settle("1"),
    insertBudget("bud_a", 1),
    insertBudget("bud_a", 1),
    ["query", "select nonsense", []],
    settle("2"),
  ]);
  assert.deepEqual(answers.map(isFailure), [false, false, true, true, false]);
  assert.deepEqual(readChain(db), ["request:1", "request:2"]);
});

test("a call whose rows cannot be written fails alone, and the chain has no gap", async (context) => {
  const { db, run } = await openDatabase(context);
  db.exec(
    "create trigger poison before insert on audit when new.target = 'poison' begin select raise(abort, 'no'); end",
  );
  run([["reserve", sampleRequest("2", 1)]]);
  const answers = run([settle("1"), settle("2", "poison"), ["append", sampleEntry("key:1")], settle("3")]);
  assert.deepEqual(answers.map(isFailure), [false, true, false, false]);
  assert.deepEqual(readChain(db), ["request:1", "key:1", "request:3"]);
  assert.deepEqual(run([settle("2")]), [{ value: true }], "what failed left nothing behind");
});

test("a full disk refuses what does not fit, keeps what was there, and serves again when there is room", async (context) => {
  const { db, run } = await openDatabase(context);
  run([insertBudget("bud_a", 1_000_000), ["reserve", sampleRequest("1", 5)]]);
  const pages = Number(Object.values(db.prepare("pragma page_count").get() ?? {})[0]);
  db.exec(`pragma max_page_count = ${pages}`);
  const many = Array.from({ length: 500 }, (_, index) => ["reserve", sampleRequest(`many${index}`, 1)] as const);
  const answers = run([settle("1"), ...many]);
  assert.ok(answers.every(isFailure));
  for (const answer of answers) {
    assert.ok("failure" in answer);
    assert.ok(hasCode("store_unavailable")(toStoreFailure(answer.failure)));
  }
  assert.deepEqual({ ...db.prepare("select spent, reserved from budget_windows").get() }, { spent: 0, reserved: 5 });
  db.exec("pragma max_page_count = 1000000");
  assert.ok(!run([settle("1"), ...many]).some(isFailure));
  assert.deepEqual({ ...db.prepare("select spent, reserved from budget_windows").get() }, { spent: 1, reserved: 500 });
  assert.deepEqual(readChain(db), ["request:1"]);
});

test("answers are told before the commit, but not after a failure, until something was written again", async (context) => {
  const { db, run, file } = await openDatabase(context);
  const other = new DatabaseSync(file, { readOnly: true });
  context.after(() => other.close());
  const count = () => Number(other.prepare("select count(*) as n from reservations").get()?.["n"]);
  const told: number[] = [];
  const reserve = (id: string) =>
    run([["reserve", sampleRequest(id, 1)]], (answers) => {
      assert.deepEqual(answers, [{ value: { kind: "reserved" } }]);
      told.push(count());
    });
  reserve("1");
  assert.deepEqual(run([]), []);
  assert.equal(count(), 1);
  reserve("2");
  run([settle("2")]);
  assert.deepEqual([told, count()], [[0, 1], 1], "one that comes and goes is never written");
  reserve("other");
  run([]);
  const pages = Number(Object.values(db.prepare("pragma page_count").get() ?? {})[0]);
  db.exec(`pragma max_page_count = ${pages}`);
  const many = Array.from({ length: 500 }, (_, index) => ["reserve", sampleRequest(`many${index}`, 1)] as const);
  run(many);
  assert.ok(run(many, () => assert.fail("nothing is told")).every(isFailure));
  db.exec("pragma max_page_count = 1000000");
  assert.deepEqual(
    run([["reserve", sampleRequest("3", 1)]], () => assert.fail("it is told when it is written")),
    [{ value: { kind: "reserved" } }],
  );
  reserve("4");
  run([]);
  assert.deepEqual([told, count()], [[0, 1, 1, 3], 4]);
});

test("what was told is held on where a later call of its transaction fails", async (context) => {
  const { db, run } = await openDatabase(context);
  db.exec(
    "create trigger poison before insert on audit when new.target = 'poison' begin select raise(abort, 'no'); end",
  );
  run([insertBudget("bud_a", 100)]);
  const told: unknown[] = [];
  const tell = (answers: readonly StoreAnswer[]): void => void told.push(...answers);
  run([["reserve", sampleRequest("1", 8)]], tell);
  run([["extend", "1", toMicros(2), 0]], tell);
  assert.deepEqual(told, [{ value: { kind: "reserved" } }, { value: { kind: "reserved" } }]);
  assert.deepEqual(
    [settle("2", "poison")]
      .map((call) => run([call]))
      .flat()
      .map(isFailure),
    [true],
  );
  assert.deepEqual({ ...db.prepare("select spent, reserved from budget_windows").get() }, { spent: 0, reserved: 10 });
  assert.deepEqual(run([settle("1")]), [{ value: true }]);
  assert.deepEqual({ ...db.prepare("select spent, reserved from budget_windows").get() }, { spent: 1, reserved: 0 });
});

test("a database that another program keeps locked gives a refusal, and nothing is half done", async (context) => {
  const { db, run, file } = await openDatabase(context);
  const other = new DatabaseSync(file);
  other.exec("begin immediate");
  const answers = run([settle("1"), settle("2")]);
  other.exec("rollback");
  other.close();
  assert.ok(answers.every(isFailure));
  assert.deepEqual(run([settle("1")]), [{ value: true }]);
  assert.deepEqual(readChain(db), ["request:1"]);
});

test("more different statements than are kept prepared all run", async (context) => {
  const { run } = await openDatabase(context);
  const numbers = Array.from({ length: 450 }, (_, index) => index);
  const statements = [...numbers, ...numbers].map((index) => ["query", `select ${index} as n`, []] as const);
  const answers = run(statements);
  for (const [index, answer] of answers.entries()) {
    assert.partialDeepStrictEqual(answer, { value: { rows: [{ n: index % 450 }] } });
  }
});

test("a connection that only reads writes nothing and runs no step of the ledger", async (context) => {
  const { file } = await openDatabase(context);
  const db = new DatabaseSync(file, { readOnly: true });
  context.after(() => db.close());
  const answers = createReadRunner(db)([
    ["query", "select count(*) as n from profiles", []],
    ["query", "delete from profiles", []],
    ["expire", 0],
  ]);
  assert.partialDeepStrictEqual(answers[0], { value: { rows: [{ n: 3 }] } });
  assert.deepEqual(answers.map(isFailure), [false, true, true]);
});
