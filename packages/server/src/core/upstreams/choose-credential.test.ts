import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTestClock } from "../ports/test-clock.ts";
import { createCredentialChooser } from "./choose-credential.ts";

function open(...credentials: string[]) {
  const clock = createTestClock();
  const chooser = createCredentialChooser(credentials, clock);
  return {
    clock,
    chooser,
    take: (count: number, model = "m") => Array.from({ length: count }, () => chooser.choose(model)),
  };
}

test("credentials are used in turn, one is used always, and none is none", () => {
  assert.deepEqual(open("a", "b", "c").take(4), ["a", "b", "c", "a"]);
  assert.deepEqual(open("a").take(2), ["a", "a"]);
  const none = open();
  assert.deepEqual([none.take(1), none.chooser.hasRested("m")], [[undefined], false]);
});

test("one that rests is passed over until its rest ends", () => {
  const { chooser, clock, take } = open("a", "b", "c");
  chooser.rest("b", 1000);
  assert.deepEqual(take(3), ["a", "c", "a"]);
  clock.advance(1000);
  assert.deepEqual(take(2), ["b", "c"]);
});

test("a rest for one model is none for others, and a shorter one does not end a longer one", () => {
  const { chooser, clock, take } = open("a", "b");
  chooser.rest("a", 1000, "m");
  chooser.rest("a", 10, "m");
  chooser.rest("a", 10);
  clock.advance(10);
  assert.deepEqual(take(2, "m"), ["b", "b"]);
  assert.deepEqual(take(2, "n"), ["a", "b"]);
});

test("where all rest, the one whose rest ends first is used", () => {
  const { chooser, take } = open("a", "b");
  chooser.rest("a", 2000);
  chooser.rest("b", 1000, "m");
  assert.equal(chooser.hasRested("m"), false);
  assert.deepEqual(take(2), ["b", "b"]);
  assert.equal(chooser.hasRested("n"), true);
});

test("models without number are not kept without number", () => {
  const { chooser } = open("a");
  for (let number = 0; number < 1001; number += 1) chooser.rest("a", 1000, `m${number}`);
  assert.equal(chooser.hasRested("m0"), true);
  assert.equal(chooser.hasRested("m1"), false);
});

test("no credential is left out for ever, and none that rests is used while another does not", () => {
  const action = fc.record({ which: fc.nat(3), ms: fc.integer({ min: 1, max: 100 }), passes: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 50 }), (actions) => {
      const names = ["a", "b", "c", "d"];
      const { chooser, clock } = open(...names);
      const until = new Map(names.map((name) => [name, 0]));
      for (const { which, ms, passes } of actions) {
        const name = names[which] ?? "a";
        chooser.rest(name, ms);
        until.set(name, Math.max(until.get(name) ?? 0, clock.now() + ms));
        clock.advance(passes);
        const rested = names.filter((one) => (until.get(one) ?? 0) <= clock.now());
        assert.equal(chooser.hasRested("m"), rested.length > 0);
        const chosen = chooser.choose("m") ?? "";
        assert.ok(rested.length === 0 ? names.includes(chosen) : rested.includes(chosen));
      }
      clock.advance(100);
      assert.deepEqual(names.map(() => chooser.choose("m")).toSorted(), names);
    }),
  );
});
