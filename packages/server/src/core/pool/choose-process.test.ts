import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseProcess, type Need } from "./choose-process.ts";
import { isIdle, sameBinding, type Slot } from "./slot.ts";

const need: Need = { owner: "ada", system: "S", model: "m1", conversation: "k", prefersSeeding: false };

function slot(id: number, state: Slot["state"], more: Partial<Slot> = {}): Slot {
  const bound = state === "spare" || state === "starting" ? undefined : { owner: "ada", system: "S" };
  return {
    id,
    startedAt: 0,
    state,
    agent: undefined,
    binding: bound,
    boundAt: 0,
    model: undefined,
    conversation: undefined,
    idleSince: 0,
    lent: false,
    ...more,
  };
}

const held = (id: number, more: Partial<Slot> = {}) => slot(id, "holding", { conversation: "k", model: "m1", ...more });
const foreign = { binding: { owner: "bob", system: "S" } };
const otherPrompt = { binding: { owner: "ada", system: "T" } };

/** What is chosen, as `take 3`, `take 3 cleared`, `seed`, `start, ending 2`, `wait`. */
function choose(slots: readonly Slot[], limit = 4, wanted: Partial<Need> = {}): string {
  const choice = chooseProcess(slots, { ...need, ...wanted }, limit);
  if (choice.kind === "wait") return "wait";
  if (choice.kind === "take") return `take ${choice.slot.id}${choice.clear ? " cleared" : ""}`;
  return choice.evict === undefined ? choice.kind : `${choice.kind}, ending ${choice.evict.id}`;
}

test("the warmest process is taken: same conversation, clean, spare, cleared on the spot, cold", () => {
  const others = [slot(1, "starting"), slot(2, "working")];
  const warm = [held(3, { conversation: "other" }), slot(4, "spare"), slot(5, "clean"), held(6)];
  const chosen = warm.map((_, index) => choose([...others, ...warm.slice(0, warm.length - index)], 9));
  assert.deepEqual(chosen, ["take 6", "take 5", "take 4", "take 3 cleared"]);
  assert.equal(choose(others, 9), "start");
  assert.equal(choose(others, 2), "wait");
});

test("a held conversation counts only under its own model", () => {
  assert.equal(choose([held(1, { model: "m2" })]), "take 1 cleared");
});

test("of clean processes the one that has the model already is taken", () => {
  assert.equal(choose([slot(1, "clean", { model: "m2" }), slot(2, "clean", { model: "m1" })]), "take 2");
});

test("what belongs to another owner or another system prompt is not taken, but may be ended to make room", () => {
  const slots = [held(1, { ...foreign, idleSince: 7 }), slot(2, "clean", { ...otherPrompt, idleSince: 5 })];
  assert.equal(choose(slots, 3), "start");
  assert.equal(choose(slots, 2), "start, ending 2");
});

test("a long history starts a process of its own, unless one holds it", () => {
  const seeding = { prefersSeeding: true };
  assert.equal(choose([slot(1, "clean"), slot(2, "spare")], 3, seeding), "seed");
  assert.equal(
    choose([slot(1, "clean", { idleSince: 2 }), slot(2, "spare", { idleSince: 1 })], 2, seeding),
    "seed, ending 2",
  );
  assert.equal(choose([slot(1, "working"), slot(2, "starting")], 2, seeding), "wait");
  assert.equal(choose([held(1)], 1, seeding), "take 1");
});

const anySlot = fc.record({
  state: fc.constantFrom<Slot["state"]>("starting", "spare", "clean", "holding", "working"),
  owner: fc.constantFrom("ada", "bob"),
  system: fc.constantFrom("", "S"),
  model: fc.constantFrom("m1", "m2"),
  conversation: fc.constantFrom("", "k"),
  idleSince: fc.nat(9),
});
const anyNeed = fc.record<Need>({
  owner: fc.constantFrom("ada", "bob"),
  system: fc.constantFrom("", "S"),
  model: fc.constantFrom("m1", "m2"),
  conversation: fc.constantFrom("", "k"),
  prefersSeeding: fc.boolean(),
});

test("no choice ever gives a process of another owner, another system prompt or another conversation uncleared", () => {
  fc.assert(
    fc.property(
      fc.array(anySlot, { maxLength: 8 }),
      anyNeed,
      fc.integer({ min: 1, max: 8 }),
      (kinds, wanted, limit) => {
        const slots = kinds.slice(0, limit).map(({ state, owner, system, model, conversation, idleSince }, id) => {
          const unbound = state === "starting" || state === "spare";
          const binding = unbound ? undefined : { owner, system };
          return slot(id, state, {
            binding,
            model,
            idleSince,
            conversation: state === "holding" ? conversation : undefined,
          });
        });
        const choice = chooseProcess(slots, wanted, limit);
        if (choice.kind === "wait") assert.ok(slots.length >= limit && !slots.some(isIdle));
        else if (choice.kind === "take") {
          const { slot: taken, clear } = choice;
          assert.ok(isIdle(taken));
          assert.ok(taken.state === "spare" || sameBinding(taken.binding, wanted));
          const goesOn = taken.conversation === wanted.conversation && taken.model === wanted.model;
          assert.ok(taken.state !== "holding" || clear || goesOn);
        } else {
          assert.equal(choice.evict === undefined, slots.length < limit);
          assert.ok(choice.evict === undefined || isIdle(choice.evict));
        }
      },
    ),
  );
});
