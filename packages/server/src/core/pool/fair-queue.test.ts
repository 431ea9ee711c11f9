import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createFairQueue } from "./fair-queue.ts";

test("owners take turns, and within an owner the first comes first", () => {
  const queue = createFairQueue<string>(10);
  for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.add(item.slice(0, 1), item);
  assert.deepEqual(queue.inOrder(), ["a1", "b1", "c1", "a2", "c2", "a3"]);
  queue.serve("a", "a1");
  assert.deepEqual(queue.inOrder(), ["b1", "c1", "a2", "c2", "a3"]);
  queue.add("b", "b2");
  queue.serve("b", "b1");
  assert.deepEqual(queue.inOrder(), ["c1", "a2", "b2", "c2", "a3"]);
});

test("a full queue takes no more until somebody leaves", () => {
  const queue = createFairQueue<string>(1);
  assert.equal(queue.add("a", "a1"), true);
  assert.equal(queue.add("b", "b1"), false);
  assert.equal(queue.remove("b", "b1"), false);
  assert.equal(queue.remove("a", "a1"), true);
  assert.equal(queue.remove("a", "a1"), false);
  assert.equal(queue.add("b", "b1"), true);
  assert.equal(queue.length, 1);
});

test("nobody is served a second time before every owner that waits has been served once", () => {
  const arrivals = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 40 });
  fc.assert(
    fc.property(arrivals, fc.array(fc.boolean(), { maxLength: 80 }), (owners, steps) => {
      const queue = createFairQueue<{ owner: string; number: number }>(20);
      const rest = owners.map((owner, number) => ({ owner, number }));
      const passedOver = new Map<string, Set<string>>();
      const lastNumber = new Map<string, number>();
      let waiting = 0;
      for (const arrives of steps) {
        const next = arrives ? rest.shift() : undefined;
        if (next !== undefined) {
          assert.equal(queue.add(next.owner, next), waiting < 20);
          waiting = Math.min(20, waiting + 1);
          continue;
        }
        const order = queue.inOrder();
        assert.equal(order.length, queue.length);
        const [first] = order;
        assert.equal(queue.first(), first);
        if (first === undefined) continue;
        queue.serve(first.owner, first);
        waiting -= 1;
        assert.ok(first.number > (lastNumber.get(first.owner) ?? -1));
        lastNumber.set(first.owner, first.number);
        const others = new Set(queue.inOrder().map(({ owner }) => owner));
        others.delete(first.owner);
        for (const owner of others) {
          const before = passedOver.get(owner) ?? new Set();
          assert.ok(!before.has(first.owner), `${first.owner} was served twice while ${owner} waited`);
          passedOver.set(owner, before.add(first.owner));
        }
        passedOver.delete(first.owner);
      }
    }),
  );
});
