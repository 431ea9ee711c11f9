import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { lockDataDirectory } from "./data-lock.ts";
import { startProgram, type ProgramUnderTest } from "./program-under-test.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

const holder = (directory: string): ProgramUnderTest =>
  startProgram(`
    import { lockDataDirectory } from ${JSON.stringify(import.meta.resolve("./data-lock.ts"))};
    globalThis.lock = await lockDataDirectory(${JSON.stringify(directory)});
    console.log("locked");
    setInterval(() => {}, 60_000);
  `);

test("a directory that another process holds is refused by name; when that is killed it can be had", async (context) => {
  const directory = join(await makeTemporaryDirectory(context), "data");
  const first = holder(directory);
  try {
    assert.equal((await first.lines.next()).value, "locked");
    await assert.rejects(lockDataDirectory(directory), {
      name: "StoreError",
      message: new RegExp(
        `in use by another Gantry server \\(process ${first.pid}\\); stop that one, or .* GANTRY_DATA`,
      ),
    });
  } finally {
    await first.kill();
  }
  const lock = await lockDataDirectory(directory);
  await lock.release();
});

test("a directory is held once within a process too, and again after its release", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  const racing = await Promise.allSettled(Array.from({ length: 5 }, () => lockDataDirectory(directory)));
  const got = racing.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  assert.equal(got.length, 1);
  await Promise.all(got.map((lock) => Promise.all([lock.release(), lock.release()])));
  const again = await lockDataDirectory(directory);
  await again.release();
});

test("a missing directory is made, for its owner only", async (context) => {
  const directory = join(await makeTemporaryDirectory(context), "a", "b");
  const lock = await lockDataDirectory(directory);
  await lock.release();
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test("a directory that cannot be used is refused in words", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  await writeFile(join(directory, "file"), "");
  await assert.rejects(lockDataDirectory(join(directory, "file")), { name: "StoreError", message: /cannot be locked/ });
  await writeFile(join(directory, "store.lock"), "this is no database, and longer than a header".repeat(20));
  await assert.rejects(lockDataDirectory(directory), { name: "StoreError", message: /it is not a database/ });
});
