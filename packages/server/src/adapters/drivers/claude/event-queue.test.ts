import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createEventQueue } from "./event-queue.ts";

test("the producer is stopped when enough waits, and set going again when all of it is taken", async () => {
  const calls: string[] = [];
  const queue = createEventQueue<number>(
    2,
    () => calls.push("full"),
    () => calls.push("drained"),
  );
  queue.push(1);
  assert.deepEqual(calls, []);
  queue.push(2);
  queue.push(3);
  assert.deepEqual(calls, ["full"]);
  await queue.next();
  await queue.next();
  assert.deepEqual(calls, ["full"]);
  await queue.next();
  assert.deepEqual(calls, ["full", "drained"]);
  queue.push(4);
  queue.push(5);
  assert.deepEqual(calls, ["full", "drained", "full"]);
});

test("a reader that waits gets the next event, or learns of the end", async () => {
  const queue = createEventQueue<string>(
    2,
    () => {},
    () => {},
  );
  const first = queue.next();
  queue.push("a");
  assert.equal(await first, "a");
  const second = queue.next();
  queue.end();
  queue.push("late");
  assert.equal(await second, undefined);
  assert.equal(await queue.next(), undefined);
});

test("whatever the order of pushing and reading, every event comes once and in order, and full and drained alternate", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (script, highWater) => {
        const marks: string[] = [];
        const queue = createEventQueue<number>(
          highWater,
          () => marks.push("full"),
          () => marks.push("drained"),
        );
        const readings: Promise<number | undefined>[] = [];
        let pushed = 0;
        for (const reads of script) {
          // One reader at a time: it asks again when it has its answer.
          if (reads) readings.push((readings.at(-1) ?? Promise.resolve(0)).then(() => queue.next()));
          else queue.push((pushed += 1));
          await Promise.resolve();
        }
        queue.end();
        const read = (await Promise.all(readings)).filter((event) => event !== undefined);
        for (let event = await queue.next(); event !== undefined; event = await queue.next()) read.push(event);
        assert.deepEqual(
          read,
          Array.from({ length: pushed }, (_, index) => index + 1),
        );
        assert.ok(marks.every((mark, index) => mark === (index % 2 === 0 ? "full" : "drained")));
      },
    ),
  );
});
