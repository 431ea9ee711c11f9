import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { readVerifiedAudit } from "../../packages/server/src/adapters/store/shared/conformance/audit-conformance.ts";
import { sampleEntry } from "../../packages/server/src/adapters/store/shared/conformance/samples.ts";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { restoreBackup } from "../../packages/server/src/adapters/store/sqlite/restore-backup.ts";
import { makeTemporaryDirectory } from "../../packages/server/src/adapters/store/sqlite/temporary-directory.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { startProgram } from "./program-under-test.ts";

const folder = "../../packages/server/src/adapters/store";
const resolve = (file: string): string => JSON.stringify(import.meta.resolve(`${folder}/${file}`));

/** Puts one copy in place after the other, each time adds a row that only the log holds, and says so when that is committed. */
const toRestorer = (base: string, directory: string): string => `
  import { openSqliteStore } from ${resolve("sqlite/open-sqlite-store.ts")};
  import { draftRestore, putDraftInPlace } from ${resolve("sqlite/restore-draft.ts")};
  import { sampleEntry } from ${resolve("shared/conformance/samples.ts")};
  import { systemClock } from ${JSON.stringify(import.meta.resolve("../../packages/server/src/core/ports/clock.ts"))};
  const directory = ${JSON.stringify(directory)};
  const onFailure = (error) => { throw error; };
  for (let count = 0; ; count += 1) {
    const name = count % 2 === 0 ? "few" : "many";
    await putDraftInPlace(await draftRestore(${JSON.stringify(base)} + "/" + name, directory), Date.now());
    const store = await openSqliteStore({ directory, clock: systemClock, onFailure });
    await store.audit.append(sampleEntry("added"));
    console.log(name);
    await store.abort();
  }
`;

/** Rows of the audit in each copy; one more when the row that was added to it is there. */
const rows = { few: 1, many: 5 };

test("a restore that is killed leaves the old database or the new one, each whole with its last commit", async (context) => {
  const base = await makeTemporaryDirectory(context);
  const open = (directory: string) => openSqliteStore({ directory, clock: systemClock, onFailure: assert.fail });
  for (const [name, count] of Object.entries(rows)) {
    const store = await open(join(base, `made-${name}`));
    for (let index = 0; index < count; index += 1) await store.audit.append(sampleEntry(name));
    await store.backup(join(base, name));
    await store.close();
  }
  const directory = join(base, "data");
  await restoreBackup({ file: join(base, "many"), directory, now: 0 });

  for (let kill = 0; kill < 4; kill += 1) {
    const program = startProgram(toRestorer(base, directory));
    let told = "many";
    try {
      for (let lines = 0; lines <= kill % 2; lines += 1) {
        const line = await program.lines.next();
        assert.ok(line.done !== true, "the program ended by itself");
        told = line.value;
      }
      // Not a wait for anything: it is to die at any moment of the next restore.
      await pause(kill * 20);
    } finally {
      await program.kill();
    }
    for await (const line of program.lines) told = line;

    const store = await open(directory);
    const found = (await readVerifiedAudit(store.audit)).length;
    const expected = told === "few" ? [2, 5, 6] : [6, 1, 2];
    assert.ok(expected.includes(found), `${found} rows after ${told}`);
    await store.close();
  }
});
