import assert from "node:assert/strict";
import { open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { checkDatabase, prepareDatabase } from "./prepare-database.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

const now = Date.UTC(2026, 10, 20);

function change(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

function readTables(file: string): unknown[] {
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = db.prepare("select type, name, sql from sqlite_schema order by name").all();
  db.close();
  return tables;
}

test("a database is made for its owner only, and a second start changes nothing", async (context) => {
  const file = join(await makeTemporaryDirectory(context), "gantry.db");
  await prepareDatabase(file, now);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const made = await readFile(file);
  await prepareDatabase(file, now + 5);
  assert.deepEqual(await readFile(file), made);
  await checkDatabase(file);
});

/** Of the first migration, and of the library itself. */
const firstTables =
  "projects api_keys profiles budgets budget_windows reservations usage audit rate_buckets response_cache " +
  "kysely_migration kysely_migration_lock sqlite_sequence";

/** What undoes all later migrations; whatever they make is made anew by them. */
function toUndoing(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  const names = db.prepare("select name from sqlite_schema where type = 'table' order by rowid desc").all();
  db.close();
  const later = names.map(({ name }) => String(name)).filter((name) => !firstTables.split(" ").includes(name));
  return `pragma foreign_keys = off; ${later.map((name) => `drop table ${name}; `).join("")} drop index usage_run; `;
}

test("a database from before there were runs is brought up to date with what it holds", async (context) => {
  const file = join(await makeTemporaryDirectory(context), "gantry.db");
  await prepareDatabase(file, now);
  const made = readTables(file);
  change(
    file,
    toUndoing(file) +
      "delete from kysely_migration where name > '0001-first'; " +
      "update projects set name = 'kept' where id = 'prj_default'",
  );
  await checkDatabase(file);
  await prepareDatabase(file, now + 5);
  assert.deepEqual(readTables(file), made);
  const db = new DatabaseSync(file, { readOnly: true });
  assert.equal(db.prepare("select name from projects").get()?.["name"], "kept");
  db.close();
});

test("a database of a newer Gantry is refused and left as it is", async (context) => {
  const file = join(await makeTemporaryDirectory(context), "gantry.db");
  await prepareDatabase(file, now);
  change(file, "insert into kysely_migration values ('0099-later', '2030-01-01T00:00:00.000Z')");
  const before = await readFile(file);
  const refusal = { name: "StoreError", message: /made by a newer Gantry \(its schema is at 0099-later/ };
  await assert.rejects(prepareDatabase(file, now), refusal);
  await assert.rejects(checkDatabase(file), refusal);
  assert.deepEqual(await readFile(file), before);
});

test("a file that is not ours is refused and left as it is", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  const foreign = join(directory, "foreign.db");
  change(foreign, "create table projects (id text)");
  const text = join(directory, "text.db");
  await writeFile(text, "not a database at all\n".repeat(100));
  for (const [file, message] of [
    [foreign, /is not a database of Gantry/],
    [text, /it is not a database/],
    [directory, /cannot be used|cannot be opened/],
  ] as const) {
    const before = file === directory ? undefined : await readFile(file);
    await assert.rejects(prepareDatabase(file, now), { name: "StoreError", message });
    await assert.rejects(checkDatabase(file), { name: "StoreError" });
    if (before !== undefined) assert.deepEqual(await readFile(file), before);
  }
});

test("a damaged database is refused with what to do", async (context) => {
  const file = join(await makeTemporaryDirectory(context), "gantry.db");
  await prepareDatabase(file, now);
  const pageSize = 4096;
  const handle = await open(file, "r+");
  for (let page = 3; page < 20; page += 1)
    await handle.write(Buffer.alloc(pageSize, 0xa5), 0, pageSize, page * pageSize);
  await handle.close();
  const refusal = { name: "StoreError", message: /damaged/ };
  await assert.rejects(prepareDatabase(file, now), refusal);
  await assert.rejects(checkDatabase(file), refusal);
});

test("an interrupted first start is made good by the next", async (context) => {
  const file = join(await makeTemporaryDirectory(context), "gantry.db");
  await writeFile(file, "");
  await prepareDatabase(file, now);
  await checkDatabase(file);
});

test("an empty database is no backup", async (context) => {
  const file = join(await makeTemporaryDirectory(context), "empty.db");
  await writeFile(file, "");
  await assert.rejects(checkDatabase(file), { name: "StoreError", message: /is not a database of Gantry/ });
});
