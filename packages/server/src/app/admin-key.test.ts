import assert from "node:assert/strict";
import { chmod, mkdtempDisposable, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openAdminKey } from "./admin-key.ts";

const makeFolder = () => mkdtempDisposable(join(tmpdir(), "gantry-key-"));
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("the first start makes the directory and the key for their owner alone, later starts read it", async () => {
  await using folder = await makeFolder();
  const data = join(folder.path, "deep", "data");
  const first = await openAdminKey(data);
  assert.equal(first.created, true);
  assert.equal(await modeOf(data), 0o700);
  assert.equal(await modeOf(first.file), 0o600);
  const key = (await readFile(first.file, "utf8")).trim();
  assert.match(key, /^gk_admin_[A-Za-z0-9_-]{43}$/);
  const second = await openAdminKey(data);
  assert.equal(second.created, false);
  assert.ok(first.isAdminKey(key) && second.isAdminKey(key));
});

test("only the whole key is the key", async () => {
  await using folder = await makeFolder();
  const { file, isAdminKey } = await openAdminKey(folder.path);
  const key = (await readFile(file, "utf8")).trim();
  for (const wrong of ["", key.slice(0, -1), `${key}x`, ` ${key}`, key.toUpperCase(), "é".repeat(99)]) {
    assert.equal(isAdminKey(wrong), false, wrong);
  }
});

test("starts at the same time end with one key and leave nothing else", async () => {
  await using folder = await makeFolder();
  const data = join(folder.path, "data");
  const opened = await Promise.all(Array.from({ length: 20 }, () => openAdminKey(data)));
  const key = (await readFile(join(data, "admin.key"), "utf8")).trim();
  assert.ok(opened.every(({ isAdminKey }) => isAdminKey(key)));
  assert.equal(opened.filter(({ created }) => created).length, 1);
  assert.deepEqual(await readdir(data), ["admin.key"]);
});

test("a key that others could read is closed to them, with a warning", async () => {
  await using folder = await makeFolder();
  const { file } = await openAdminKey(folder.path);
  await chmod(file, 0o644);
  const { warnings } = await openAdminKey(folder.path);
  assert.match(warnings.join(), /could be read by other users/);
  assert.equal(await modeOf(file), 0o600);
  assert.deepEqual((await openAdminKey(folder.path)).warnings, []);
});

test("a file that holds no key is refused, not replaced", async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, "admin.key");
  for (const [content, problem] of [
    ["", "is empty"],
    ["secret", "holds no admin key"],
    ["gk_admin_short\n", "holds no admin key"],
  ] as const) {
    await writeFile(file, content);
    await assert.rejects(openAdminKey(folder.path), {
      name: "StartError",
      message: `${file} ${problem}; remove it, and the next start writes a new key`,
    });
    assert.equal(await readFile(file, "utf8"), content);
  }
});

test("a data directory that cannot be used is refused by name and setting", async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  for (const data of [file, join(file, "data")]) {
    await assert.rejects(openAdminKey(data), {
      name: "StartError",
      message: /^the data directory .* cannot be used: [^\n]+; choose another with --data or GANTRY_DATA$/,
    });
  }
});
