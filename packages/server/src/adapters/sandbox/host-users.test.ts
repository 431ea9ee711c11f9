import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openHostUsers } from "./host-users.ts";

const range = { first: 5000, last: 5009 };

function tableFileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "gantry-users-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, "data/users.json");
}

test("each owner has one user, also after a restart, and no two share one", async (t) => {
  const tableFile = tableFileFor(t);
  const users = await openHostUsers({ tableFile, range, taken: new Set() });
  const owners = ["a", "b", "c", "__proto__", "a b"];
  const first = await Promise.all(owners.map((owner) => users.userOf(owner)));
  assert.equal(new Set(first.map(({ uid }) => uid)).size, owners.length);
  assert.ok(first.every(({ uid, gid }) => uid === gid && uid >= 5000 && uid <= 5009));
  assert.equal(statSync(tableFile).mode & 0o777, 0o600);
  const again = await openHostUsers({ tableFile, range, taken: new Set() });
  assert.deepEqual(await Promise.all(owners.map((owner) => again.userOf(owner))), first);
});

test("a user that is lent is nobody else's until it is given back", async (t) => {
  const users = await openHostUsers({ tableFile: tableFileFor(t), range, taken: new Set() });
  const { uid } = await users.userOf("a");
  const lent = Array.from({ length: 9 }, () => users.lend());
  assert.equal(new Set([uid, ...lent.map((user) => user.uid)]).size, 10);
  assert.throws(() => users.lend(), /sandboxUsers/);
  await assert.rejects(users.userOf("b"), /sandboxUsers/);
  lent[3]?.giveBack();
  const next = users.lend();
  assert.equal(next.uid, lent[3]?.uid);
  // What was given back already is another's by now.
  lent[3]?.giveBack();
  assert.throws(() => users.lend(), /sandboxUsers/);
});

test("numbers that the machine has given away are left alone, also where the table names them", async (t) => {
  const tableFile = tableFileFor(t);
  const before = await openHostUsers({ tableFile, range, taken: new Set() });
  const { uid } = await before.userOf("a");
  const taken = new Set([5000, 5001, 5002, uid]);
  const users = await openHostUsers({ tableFile, range, taken });
  const given = [await users.userOf("a"), users.lend(), users.lend()];
  assert.ok(given.every((user) => !taken.has(user.uid)));
  const elsewhere = await openHostUsers({ tableFile, range: { first: 7000, last: 7009 }, taken });
  assert.ok((await elsewhere.userOf("a")).uid >= 7000);
});

test("a table that cannot be read is an error, not an empty one", async (t) => {
  const tableFile = tableFileFor(t);
  await (await openHostUsers({ tableFile, range, taken: new Set() })).userOf("a");
  assert.match(readFileSync(tableFile, "utf8"), /"a"/);
  for (const text of ["{", "null", "7"]) {
    writeFileSync(tableFile, text);
    await assert.rejects(openHostUsers({ tableFile, range, taken: new Set() }));
  }
});
