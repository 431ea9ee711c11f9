import assert from "node:assert/strict";
import { chown, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openLoginStore } from "./login-store.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

async function makeFolders(context: TestContext) {
  const base = await mkdtemp(join(tmpdir(), "gantry-login-"));
  context.after(() => rm(base, { recursive: true }));
  return { owner: base, store: join(base, "store"), ownerFile: join(base, ".credentials.json") };
}

const login = (token: string, expiresAt: number): string =>
  JSON.stringify({ claudeAiOauth: { accessToken: token, refreshToken: token, expiresAt } });

test("the owner's login is copied into a folder that only the owner can enter and that holds nothing else", async (context) => {
  const { owner, store, ownerFile } = await makeFolders(context);
  await writeFile(ownerFile, login("first", 1000));
  const opened = await openLoginStore(owner, store, log);
  context.after(() => opened.stop());
  assert.deepEqual(await readdir(store), [".credentials.json"]);
  assert.equal(await readFile(join(store, ".credentials.json"), "utf8"), login("first", 1000));
  assert.equal((await stat(store)).mode & 0o777, 0o700);
  assert.equal((await stat(join(store, ".credentials.json"))).mode & 0o777, 0o600);
});

test("a token that a CLI process refreshed is written back to the owner's file", async (context) => {
  const { owner, store, ownerFile } = await makeFolders(context);
  await writeFile(ownerFile, login("first", 1000));
  const opened = await openLoginStore(owner, store, log);
  await writeFile(join(store, ".credentials.json"), login("refreshed", 2000));
  await opened.stop();
  assert.equal(await readFile(ownerFile, "utf8"), login("refreshed", 2000));
});

test("a login that the owner renewed reaches the processes, and wins over an older refresh", async (context) => {
  const { owner, store, ownerFile } = await makeFolders(context);
  await writeFile(ownerFile, login("first", 1000));
  const opened = await openLoginStore(owner, store, log);
  await writeFile(join(store, ".credentials.json"), login("refreshed", 2000));
  await writeFile(ownerFile, login("renewed", 3000));
  await opened.stop();
  assert.equal(await readFile(join(store, ".credentials.json"), "utf8"), login("renewed", 3000));
  assert.equal(await readFile(ownerFile, "utf8"), login("renewed", 3000));
});

test("a login that the owner has ended is taken from the processes too", async (context) => {
  const { owner, store, ownerFile } = await makeFolders(context);
  await writeFile(ownerFile, login("first", 1000));
  const opened = await openLoginStore(owner, store, log);
  await rm(ownerFile);
  await opened.stop();
  assert.deepEqual(await readdir(store), []);
});

test("a half-written file changes nothing", async (context) => {
  const { owner, store, ownerFile } = await makeFolders(context);
  await writeFile(ownerFile, login("first", 1000));
  const opened = await openLoginStore(owner, store, log);
  await writeFile(join(store, ".credentials.json"), '{"claudeAiOauth":{"acc');
  await opened.stop();
  assert.equal(await readFile(ownerFile, "utf8"), login("first", 1000));
});

test(
  "what reaches the folder belongs to whom the folder was given",
  { skip: process.getuid?.() !== 0 },
  async (context) => {
    const { owner, store, ownerFile } = await makeFolders(context);
    await writeFile(ownerFile, login("first", 1000));
    const opened = await openLoginStore(owner, store, log);
    await chown(store, 12_345, 12_345);
    await writeFile(ownerFile, login("second", 2000));
    await opened.stop();
    assert.equal((await stat(join(store, ".credentials.json"))).uid, 12_345);
    assert.equal((await stat(ownerFile)).uid, 0);
  },
);
