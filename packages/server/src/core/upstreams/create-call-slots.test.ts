import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTestClock, settle } from "../ports/test-clock.ts";
import { createCallSlots, type CallSlot } from "./create-call-slots.ts";

const never = new AbortController().signal;

function open(maxConcurrent: number, queueLength = 100) {
  const clock = createTestClock();
  return { clock, slots: createCallSlots({ maxConcurrent, queueLength, queueWaitMs: 1000 }, clock) };
}

async function takeOne(taking: ReturnType<ReturnType<typeof createCallSlots>["take"]>): Promise<CallSlot> {
  const slot = await taking;
  assert.ok("release" in slot);
  return slot;
}

async function codeOf(taking: ReturnType<ReturnType<typeof createCallSlots>["take"]>): Promise<string> {
  const outcome = await taking;
  return "code" in outcome ? outcome.code : "a slot";
}

test("owners take turns, however many calls one of them has", async () => {
  const { slots } = open(1);
  const first = await takeOne(slots.take("greedy", never));
  const served: string[] = [];
  const waiting = ["greedy", "greedy", "greedy", "modest", "shy"].map(async (owner) => {
    const slot = await takeOne(slots.take(owner, never));
    served.push(owner);
    slot.release();
  });
  first.release();
  await Promise.all(waiting);
  assert.deepEqual(served, ["greedy", "modest", "shy", "greedy", "greedy"]);
  assert.equal(slots.taken, 0);
});

test("a full queue refuses, and so does a wait that is too long", async () => {
  const { slots, clock } = open(1, 1);
  const slot = await takeOne(slots.take("a", never));
  const waiting = codeOf(slots.take("a", never));
  assert.equal(await codeOf(slots.take("b", never)), "queue_full");
  clock.advance(999);
  assert.equal(slots.waiting, 1);
  clock.advance(1);
  assert.equal(await waiting, "queue_timeout");
  assert.deepEqual([slots.waiting, clock.pending], [0, 0]);
  slot.release();
  assert.equal(await codeOf(slots.take("a", never)), "a slot");
});

test("no queue at all is a bound too", async () => {
  const { slots } = open(1, 0);
  await slots.take("a", never);
  assert.equal(await codeOf(slots.take("a", never)), "queue_full");
});

test("whoever leaves the queue makes room in it, and gets no slot later", async () => {
  const { slots, clock } = open(1, 1);
  const slot = await takeOne(slots.take("a", never));
  const leaving = new AbortController();
  const left = slots.take("b", leaving.signal);
  leaving.abort(new Error("left"));
  await assert.rejects(left, /left/);
  await assert.rejects(slots.take("b", leaving.signal), /left/);
  const next = slots.take("c", never);
  assert.deepEqual([slots.waiting, clock.pending], [1, 1]);
  slot.release();
  (await takeOne(next)).release();
  assert.deepEqual([slots.taken, clock.pending], [0, 0]);
});

test("a slot that is given back twice is free once", async () => {
  const { slots } = open(1);
  const slot = await takeOne(slots.take("a", never));
  slot.release();
  slot.release();
  await slots.take("a", never);
  assert.equal(slots.taken, 1);
  assert.equal(slots.waiting, 0);
  void slots.take("a", never);
  assert.equal(slots.waiting, 1);
});

type Step =
  | { readonly kind: "take"; readonly owner: string }
  | { readonly kind: "release" | "abort"; readonly which: number }
  | { readonly kind: "pass"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("take" as const), owner: fc.constantFrom("a", "b", "c") }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("release" as const, "abort" as const), which: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 700 }) }) },
);

interface Call {
  readonly owner: string;
  readonly leaving: AbortController;
  slot: CallSlot | undefined;
  state: "waiting" | "running" | "over";
}

test("whatever happens, no more calls run than may, nobody waits while a slot is free, and every slot comes back", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(4),
      async (steps, maxConcurrent, queueLength) => {
        const { slots, clock } = open(maxConcurrent, queueLength);
        const calls: Call[] = [];
        const inState = (state: Call["state"]): Call[] => calls.filter((call) => call.state === state);
        for (const action of steps) {
          if (action.kind === "take") {
            const call: Call = {
              owner: action.owner,
              leaving: new AbortController(),
              slot: undefined,
              state: "waiting",
            };
            calls.push(call);
            void slots.take(call.owner, call.leaving.signal).then(
              (outcome) => {
                if ("code" in outcome) call.state = "over";
                else [call.slot, call.state] = [outcome, "running"];
              },
              () => (call.state = "over"),
            );
          } else if (action.kind === "pass") clock.advance(action.ms);
          else {
            const among = action.kind === "release" ? inState("running") : calls;
            const call = among[action.which % Math.max(1, among.length)];
            if (action.kind === "abort") call?.leaving.abort(new Error("left"));
            else if (call !== undefined) {
              call.state = "over";
              call.slot?.release();
            }
          }
          await settle();
          assert.deepEqual([slots.taken, slots.waiting], [inState("running").length, inState("waiting").length]);
          assert.ok(slots.taken <= maxConcurrent && slots.waiting <= queueLength);
          assert.ok(slots.waiting === 0 || slots.taken === maxConcurrent);
          assert.equal(clock.pending, slots.waiting);
        }
        clock.advance(1000);
        for (const call of inState("running")) call.slot?.release();
        await settle();
        assert.deepEqual([slots.waiting, clock.pending], [0, 0]);
      },
    ),
    { numRuns: 200 },
  );
});

test("nobody starves: while others keep coming, each waits for at most one call of every other owner", async () => {
  const owners = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(owners, async (arrivals) => {
      const { slots } = open(1, 1000);
      const served: string[] = [];
      const running = [await takeOne(slots.take("z", never))];
      const ask = (owner: string): void =>
        void takeOne(slots.take(owner, never)).then((slot) => {
          served.push(owner);
          running.push(slot);
        });
      ask("patient");
      // The greedy ones are never without calls that wait.
      for (const owner of arrivals) {
        ask(owner);
        ask(owner);
      }
      for (let turn = 0; !served.includes("patient"); turn += 1) {
        assert.ok(turn <= new Set(arrivals).size + 1, served.join());
        running.shift()?.release();
        await settle();
        const last = served.at(-1);
        if (last !== undefined && last !== "patient") ask(last);
      }
    }),
    { numRuns: 50 },
  );
});
