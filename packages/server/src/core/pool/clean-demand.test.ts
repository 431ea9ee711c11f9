import assert from "node:assert/strict";
import { test } from "node:test";
import { createCleanDemand } from "./clean-demand.ts";

const binding = { owner: "ada", system: "S" };

test("a binding wants nothing until it has begun twice", () => {
  const demand = createCleanDemand();
  demand.began(binding, 0);
  demand.ended(binding);
  assert.deepEqual(demand.wanted(0), []);
  demand.began(binding, 1);
  assert.deepEqual(demand.wanted(1), [{ binding, count: 1, continues: false }]);
});

test("as many are wanted as ran at once lately, and fewer when the peak is past", () => {
  const demand = createCleanDemand();
  for (let index = 0; index < 3; index += 1) demand.began(binding, 0);
  for (let index = 0; index < 3; index += 1) demand.ended(binding);
  assert.deepEqual(demand.wanted(5_000), [{ binding, count: 3, continues: false }]);
  assert.deepEqual(demand.wanted(5_001), [{ binding, count: 1, continues: false }]);
});

test("a binding that is not used is forgotten, one that runs long is not", () => {
  const demand = createCleanDemand();
  for (const system of ["idle", "running"]) {
    demand.began({ owner: "ada", system }, 0);
    demand.began({ owner: "ada", system }, 0);
    demand.ended({ owner: "ada", system });
  }
  demand.ended({ owner: "ada", system: "idle" });
  const wanted = demand.wanted(60_001).map((wish) => wish.binding.system);
  assert.deepEqual(wanted, ["running"]);
  demand.began({ owner: "ada", system: "idle" }, 60_002);
  assert.equal(demand.wanted(60_002).length, 1);
});

test("bindings are told apart by owner and by system prompt, whatever they are made of", () => {
  const demand = createCleanDemand();
  const bindings = [
    { owner: "a", system: "b" },
    { owner: 'a","b', system: "" },
    { owner: "a", system: "" },
    { owner: "b", system: "b" },
  ];
  for (const each of [...bindings, ...bindings]) demand.began(each, 0);
  assert.deepEqual(
    demand.wanted(0).map((wish) => wish.binding),
    bindings,
  );
});

test("held conversations are worth keeping for a while after one of them was asked for, found or not", () => {
  const demand = createCleanDemand();
  demand.began(binding, 0);
  demand.began(binding, 0);
  demand.held("k1");
  demand.asked({ owner: "bob", system: "" }, "k0", 1_000);
  demand.asked(binding, "k0", 1_000);
  assert.equal(demand.wanted(1_000)[0]?.continues, false);
  demand.asked(binding, "k1", 2_000);
  assert.equal(demand.wanted(11_999)[0]?.continues, true);
  assert.equal(demand.wanted(12_000)[0]?.continues, false);
  demand.asked(binding, "k1", 12_000);
  assert.equal(demand.wanted(12_000)[0]?.continues, false);
});

test("of endlessly many held conversations only the newest are remembered", () => {
  const demand = createCleanDemand();
  demand.began(binding, 0);
  demand.began(binding, 0);
  for (let index = 0; index < 5_000; index += 1) demand.held(`k${index}`);
  demand.asked(binding, "k0", 0);
  assert.equal(demand.wanted(0)[0]?.continues, false);
  demand.asked(binding, "k4999", 0);
  assert.equal(demand.wanted(0)[0]?.continues, true);
});
