import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { examineSqliteStore } from "./examine-store.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

const now = Date.UTC(2026, 10, 20);

test("a store that is not there yet is well, and stays not there", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  assert.match(await examineSqliteStore(join(directory, "none")), /none\/gantry\.db \(the first start makes it\)$/);
  assert.match(await examineSqliteStore(directory), /\(the first start makes it\)$/);
  assert.deepEqual(await readdir(directory), []);
});

test("a store at rest is looked at without a change, and without a file beside it", async (context) => {
  const directory = join(await makeTemporaryDirectory(context), "100% mine? #1");
  await mkdir(directory);
  const file = join(directory, "gantry.db");
  await prepareDatabase(file, now);
  const before = await readFile(file);
  assert.equal(await examineSqliteStore(directory), `embedded, in ${file}`);
  assert.deepEqual(await readFile(file), before);
  assert.deepEqual(await readdir(directory), ["gantry.db"]);
});

test("a store that a killed server left is read with what is in its log", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  const file = join(directory, "gantry.db");
  await prepareDatabase(file, now);
  const writer = new DatabaseSync(file);
  context.after(() => writer.close());
  writer.exec("insert into kysely_migration values ('0099-later', '2030-01-01T00:00:00.000Z')");
  assert.ok((await readdir(directory)).includes("gantry.db-wal"));
  await assert.rejects(examineSqliteStore(directory), { name: "StoreError", message: /made by a newer Gantry/ });
});

test("a file that is no database of Gantry is told as such", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  const db = new DatabaseSync(join(directory, "gantry.db"));
  db.exec("create table projects (id text)");
  db.close();
  await assert.rejects(examineSqliteStore(directory), { name: "StoreError", message: /is not a database of Gantry/ });
});
