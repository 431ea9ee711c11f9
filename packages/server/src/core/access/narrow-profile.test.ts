import { profileInput, type PermissionProfile } from "@gantry/contracts/access";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "./decide.ts";
import { narrowProfile } from "./narrow-profile.ts";

const toProfile = (allowedModels: string[]): PermissionProfile => ({
  ...profileInput.parse({ name: "pro", allowedModels, allowedTools: ["Read"] }),
  version: 3,
  createdAt: 0,
});
const narrow = (profile: string[], models: string[]) => narrowProfile(toProfile(profile), models).allowedModels;
const mayUse = (profile: PermissionProfile, ...names: string[]) =>
  decide(profile, { kind: "model", names }).action === "allow";

test("what is common to names and patterns is the narrower of the two", () => {
  for (const [profile, models, common] of [
    [["*"], ["*"], ["*"]],
    [["*"], ["haiku", "claude-*"], ["haiku", "claude-*"]],
    [["haiku", "sonnet"], ["*"], ["haiku", "sonnet"]],
    [["haiku", "sonnet"], ["son*", "opus"], ["sonnet"]],
    [["claude-*"], ["claude-haiku-*", "claude", "*-haiku"], ["claude-haiku-*"]],
    [["claude-*-5"], ["claude-*"], ["claude-*-5"]],
    [["haiku"], ["haiku"], ["haiku"]],
    [["haiku"], ["Haiku", "haik", "haiku2", "?????"], []],
    [[], ["*"], []],
    [["*"], [], []],
  ] as const) {
    assert.deepEqual(narrow([...profile], [...models]), common, `${profile.join()} with ${models.join()}`);
  }
});

test("nothing but the models is narrowed", () => {
  const profile = toProfile(["*"]);
  assert.deepEqual({ ...narrowProfile(profile, ["a"]), allowedModels: ["*"] }, profile);
});

// Few letters, so that names and patterns meet.
const word = fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 6 });
const name = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 6 });
const words = fc.array(word, { maxLength: 4 });

test("what a narrowed profile allows, both sides allow, by whatever names a model is known", () => {
  fc.assert(
    fc.property(words, words, fc.array(name, { minLength: 1, maxLength: 3 }), (profile, models, names) => {
      if (!mayUse(narrowProfile(toProfile(profile), models), ...names)) return;
      assert.ok(mayUse(toProfile(profile), ...names) && mayUse(toProfile(models), ...names));
    }),
    { numRuns: 3000 },
  );
});

test("what both sides allow, a narrowed profile allows, where one side has names only or a star at the end at most", () => {
  const end = fc.tuple(name, fc.constantFrom("", "*")).map((parts) => parts.join(""));
  const sides = fc.oneof(
    fc.tuple(fc.array(name, { maxLength: 4 }), words),
    fc.tuple(fc.array(end, { maxLength: 4 }), fc.array(end, { maxLength: 4 })),
  );
  fc.assert(
    fc.property(sides, fc.boolean(), name, ([one, other], turned, model) => {
      const [profile, models] = turned ? [other, one] : [one, other];
      const both = mayUse(toProfile(profile), model) && mayUse(toProfile(models), model);
      assert.equal(mayUse(narrowProfile(toProfile(profile), models), model), both);
    }),
    { numRuns: 3000 },
  );
});

test("narrowing twice changes nothing more, and what a profile has of itself is all of it", () => {
  fc.assert(
    fc.property(words, words, (profile, models) => {
      const once = narrowProfile(toProfile(profile), models);
      assert.deepEqual(new Set(narrowProfile(once, models).allowedModels), new Set(once.allowedModels));
      assert.deepEqual(narrow(profile, profile), [...new Set(profile)]);
    }),
  );
});
