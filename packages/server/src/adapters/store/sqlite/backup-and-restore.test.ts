import assert from "node:assert/strict";
import { copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { systemClock } from "../../../core/ports/clock.ts";
import { readVerifiedAudit } from "../shared/conformance/audit-conformance.ts";
import {
  noon,
  sampleBudget,
  sampleEntry,
  sampleRequest,
  sampleUsage,
  toMicros,
} from "../shared/conformance/samples.ts";
import { openSqliteStore, type SqliteStore } from "./open-sqlite-store.ts";
import { restoreBackup } from "./restore-backup.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

const open = (directory: string): Promise<SqliteStore> =>
  openSqliteStore({ directory, clock: systemClock, onFailure: assert.fail });
const all = { from: 0, to: noon * 2 };

async function spend(store: SqliteStore, id: string, micros: number): Promise<void> {
  await store.ledger.reserve(sampleRequest(id, micros));
  await store.ledger.settle(id, toMicros(micros), sampleUsage(id, micros), sampleEntry(`request:${id}`));
}

test("a copy made in the midst of writes is whole, and can be put back elsewhere", async (context) => {
  const base = await makeTemporaryDirectory(context);
  const copy = join(base, "copy.db");
  const store = await open(join(base, "first"));
  await store.control.createBudget("bud_a", sampleBudget({ limit: 1_000_000 }), noon);
  let copied = false;
  let written = 0;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let index = 0; !copied; index += 1, written += 1) await spend(store, `${writer}-${index}`, 3);
  });
  await spend(store, "before", 3);
  await store.backup(copy);
  copied = true;
  await Promise.all(writers);
  await store.close();
  assert.equal((await stat(copy)).mode & 0o777, 0o600);

  assert.equal(await restoreBackup({ file: copy, directory: join(base, "second"), now: noon }), undefined);
  const restored = await open(join(base, "second"));
  const [sum] = await restored.usage.sum(all, "project");
  assert.ok(sum !== undefined && sum.requests >= 1 && sum.requests <= written + 1);
  assert.equal((await restored.control.getBudget("bud_a", noon))?.spent, sum.costMicros);
  assert.equal((await readVerifiedAudit(restored.audit)).length, sum.requests);
  await restored.close();
});

test("a copy takes the place of nothing, and one that fails leaves nothing behind", async (context) => {
  const base = await makeTemporaryDirectory(context);
  const store = await open(join(base, "data"));
  const taken = join(base, "taken.db");
  await writeFile(taken, "mine");
  await assert.rejects(store.backup(taken), { name: "StoreError", message: /there is a file of that name/ });
  await assert.rejects(store.backup(join(base, "data", "gantry.db")), { name: "StoreError" });
  await assert.rejects(store.backup(join(base, "none", "copy.db")), { name: "StoreError" });
  assert.equal(await readFile(taken, "utf8"), "mine");
  assert.deepEqual((await readdir(base)).toSorted(), ["data", "taken.db"]);
  await spend(store, "1", 1);
  await store.close();
  await assert.rejects(store.backup(join(base, "late.db")), { name: "StoreError", message: /closed/ });
});

test("a copy that is put back keeps the old database beside it", async (context) => {
  const base = await makeTemporaryDirectory(context);
  const directory = join(base, "data");
  const copy = join(base, "copy.db");
  const store = await open(directory);
  await spend(store, "1", 1);
  await store.backup(copy);
  await spend(store, "2", 1);
  // Its log still holds what was written last.
  await store.abort();

  const kept = await restoreBackup({ file: copy, directory, now: noon });
  assert.match(kept ?? "", /gantry\.db\.before-2026-11-20T12-00-00\.000Z$/);
  const restored = await open(directory);
  assert.equal((await restored.usage.sum(all, "project"))[0]?.requests, 1);
  await spend(restored, "3", 1);
  assert.equal((await readVerifiedAudit(restored.audit)).length, 2);
  await restored.close();

  await restoreBackup({ file: kept ?? "", directory, now: noon + 1 });
  const old = await open(directory);
  assert.equal((await old.usage.sum(all, "project"))[0]?.requests, 2);
  await old.close();
});

test("nothing is put back while a server has the directory", async (context) => {
  const base = await makeTemporaryDirectory(context);
  const store = await open(base);
  const copy = join(base, "copy.db");
  await store.backup(copy);
  const restore = restoreBackup({ file: copy, directory: base, now: noon });
  await assert.rejects(restore, { name: "StoreError", message: /in use by another Gantry server/ });
  await spend(store, "1", 1);
  await store.close();
});

test("a copy that cannot be used is refused, and the database stays as it is", async (context) => {
  const base = await makeTemporaryDirectory(context);
  const directory = join(base, "data");
  const store = await open(directory);
  const copy = join(base, "copy.db");
  await store.backup(copy);
  await store.close();
  const before = await readFile(join(directory, "gantry.db"));

  const damaged = join(base, "damaged.db");
  await writeFile(damaged, (await readFile(copy)).fill(0x5a, 3 * 4096, 12 * 4096));
  const cut = join(base, "cut.db");
  await writeFile(cut, (await readFile(copy)).subarray(0, 6 * 4096));
  const newer = join(base, "newer.db");
  await copyFile(copy, newer);
  const db = new DatabaseSync(newer);
  db.exec("insert into kysely_migration values ('0099-later', '2030-01-01T00:00:00.000Z')");
  db.close();
  const text = join(base, "text");
  await writeFile(text, "words");

  for (const [file, message] of [
    [damaged, /damaged/],
    [cut, /damaged/],
    [newer, /newer Gantry/],
    [text, /not a database/],
    [join(base, "none"), /no such file/],
    [base, /not a file/],
  ] as const) {
    await assert.rejects(restoreBackup({ file, directory, now: noon }), { name: "StoreError", message });
  }
  assert.deepEqual(await readFile(join(directory, "gantry.db")), before);
  assert.deepEqual((await readdir(directory)).toSorted(), ["gantry.db", "store.lock"]);
});

test("a copy can be put back over a database that is damaged", async (context) => {
  const base = await makeTemporaryDirectory(context);
  const directory = join(base, "data");
  const store = await open(directory);
  const copy = join(base, "copy.db");
  await spend(store, "1", 1);
  await store.backup(copy);
  await store.close();
  await writeFile(join(directory, "gantry.db"), "nothing of a database is left\n".repeat(500));
  await assert.rejects(open(directory), { name: "StoreError" });
  const kept = await restoreBackup({ file: copy, directory, now: noon });
  assert.match(await readFile(kept ?? "", "utf8"), /^nothing of a database/);
  const restored = await open(directory);
  assert.equal((await restored.usage.sum(all, "project"))[0]?.requests, 1);
  await restored.close();
});
