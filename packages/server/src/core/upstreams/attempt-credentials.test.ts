import assert from "node:assert/strict";
import { test } from "node:test";
import { openAttempts, toTarget, type Scripted } from "./test-attempts.ts";

const well: Scripted = { status: 200, pieces: ["a", "b"] };

test("a key that is refused is passed over at once and for a while; its name is in no log", async () => {
  const tried = openAttempts(({ credential }) => (credential === "sk-old" ? { status: 401 } : well));
  const target = toTarget("main", {}, ["sk-old", "sk-new"]);
  for (let turn = 0; turn < 3; turn += 1) (await tried.attempt([target])).end();
  const keys = tried.sent.map(({ credential }) => credential);
  assert.deepEqual(keys, ["sk-old", "sk-new", "sk-new", "sk-new"]);
  assert.deepEqual(
    tried.logged.map(({ level }) => level),
    ["warn"],
  );
  assert.doesNotMatch(JSON.stringify(tried.logged), /sk-/);
});

test("where every key is refused, the next target is asked, and the refusal of the last is passed on", async () => {
  const tried = openAttempts(({ upstream }) => ({ status: upstream === "one" ? 401 : 403 }));
  const attempted = await tried.attempt([toTarget("one", {}, ["a", "b"]), toTarget("two", {}, ["c", "d"])]);
  assert.equal(attempted.response.status, 403);
  assert.deepEqual(
    tried.sent.map(({ credential }) => credential),
    ["a", "b", "c", "d"],
  );
});

test("a key that is limited rests until its time, for its model alone", async () => {
  const limited: Scripted = { status: 429, headers: { "retry-after": "30" } };
  const tried = openAttempts(({ credential }, count) => (credential === "a" && count === 1 ? limited : well));
  const target = toTarget("main", {}, ["a", "b"]);
  const keysOf = async (asked: typeof target, count: number): Promise<(string | undefined)[]> => {
    const before = tried.sent.length;
    for (let turn = 0; turn < count; turn += 1) (await tried.attempt([asked])).end();
    return tried.sent.slice(before).map(({ credential }) => credential);
  };
  assert.deepEqual(await keysOf(target, 3), ["a", "b", "b", "b"]);
  assert.deepEqual(await keysOf({ ...target, model: "another" }, 2), ["a", "b"]);
  tried.clock.advance(30_000);
  assert.deepEqual(await keysOf(target, 2), ["a", "b"]);
});
