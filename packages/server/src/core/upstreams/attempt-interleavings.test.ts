import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import fc from "fast-check";
import { settle } from "../ports/test-clock.ts";
import { UpstreamError } from "../ports/upstream-client.ts";
import { openAttempts, readText, toTarget, type Scripted } from "./test-attempts.ts";

const breaks = fc.constantFrom("connect", "broken", "headers_timeout", "redirected", "bug", "hang");
const scripted: fc.Arbitrary<Scripted> = fc.oneof(
  fc.record({
    status: fc.constantFrom(200, 200, 200, 400, 401, 403, 429, 500, 503, 529),
    headers: fc.constantFrom({}, { "retry-after": "1" }, { "retry-after": "100" }, { "x-should-retry": "false" }),
    pieces: fc.array(fc.constant("piece"), { maxLength: 3 }),
  }),
  fc.record({
    status: fc.constant(200),
    pieces: fc.array(fc.constant("piece"), { maxLength: 2 }),
    ending: fc.constantFrom("broken", "silence_timeout", "hang"),
  }),
  fc.record({ breaks }),
);

interface CallStep {
  readonly kind: "call";
  readonly owner: string;
  readonly targets: number;
  readonly once: boolean;
}

type Step =
  | CallStep
  | { readonly kind: "read" | "leave" | "abort"; readonly which: number }
  | { readonly kind: "pass"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("call" as const),
    owner: fc.constantFrom("a", "b"),
    targets: fc.integer({ min: 1, max: 3 }),
    once: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom("read" as const, "leave" as const, "abort" as const), which: fc.nat(5) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(0, 100, 1000, 10_000) }),
);

const maxConcurrent = 2;
const keys = ["k1", "k2"];
const names = ["one", "two", "three"];
const reason = new Error("left");

/** What may come of an attempt, or of reading its answer. */
function assertExpected(error: unknown): void {
  const isExpected = error === reason || error instanceof FailureError || error instanceof UpstreamError;
  assert.ok(isExpected || error instanceof TypeError, String(error));
}

/** Calls that go on as the steps say. */
function openCalls(scripts: readonly Scripted[]) {
  let isWell = false;
  const tried = openAttempts((_, count) => (isWell ? undefined : scripts[count % scripts.length]) ?? { status: 200 });
  const limits = { maxConcurrent, queueLength: 2, queueWaitMs: 5000, retries: 2 };
  const targets = names.map((name) => toTarget(name, limits, keys));
  const calls: { readonly leaving: AbortController; use(way: "read" | "leave"): void; readonly over: Promise<void> }[] =
    [];
  const sentOf = (path: string): number => tried.sent.filter((sent) => sent.path === path).length;

  async function run(
    action: CallStep,
    path: string,
    way: Promise<"read" | "leave">,
    signal: AbortSignal,
  ): Promise<void> {
    const asked = targets.slice(0, action.targets);
    const toExchange = () => ({ path, headers: {}, body: Buffer.from(""), ignored: [] });
    const { owner, once } = action;
    try {
      const attempted = await tried.attempt(asked, { owner, once, signal, toExchange });
      const sent = sentOf(path);
      const text = (await way) === "read" ? readText(attempted) : Promise.resolve("");
      await text.finally(attempted.end);
      assert.equal(sentOf(path), sent, "a call was made again after its answer had been passed on");
    } catch (error) {
      assertExpected(error);
    }
    const mostTries = (once ? 1 : 1 + limits.retries) + keys.length - 1;
    assert.ok(sentOf(path) <= asked.length * mostTries, `${sentOf(path)} tries`);
  }

  function call(action: CallStep): void {
    const leaving = new AbortController();
    const { promise, resolve } = Promise.withResolvers<"read" | "leave">();
    leaving.signal.addEventListener("abort", () => resolve("leave"));
    calls.push({ leaving, use: resolve, over: run(action, `/call/${calls.length}`, promise, leaving.signal) });
  }

  /** With upstreams that are well again, every slot of every one of them can be had. */
  async function assertFree(): Promise<void> {
    isWell = true;
    tried.clock.advance(60_000);
    for (const target of targets) {
      for (let taken = 0; taken < maxConcurrent; taken += 1) {
        let attempted: unknown;
        void tried.attempt([target]).then((given) => (attempted = given));
        await settle();
        assert.ok(attempted !== undefined, "a slot was never given back");
      }
    }
  }

  return { tried, calls, call, assertFree };
}

test("whatever upstreams, clients and time do, no upstream has more calls than it may, and nothing stays taken", async () => {
  const scripts = fc.array(scripted, { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(scripts, fc.array(step, { maxLength: 30 }), async (all, steps) => {
      const { tried, calls, call, assertFree } = openCalls(all);
      for (const action of steps) {
        const one = "which" in action ? calls[action.which % Math.max(1, calls.length)] : undefined;
        if (action.kind === "call") call(action);
        else if (action.kind === "pass") tried.clock.advance(action.ms);
        else if (action.kind === "abort") one?.leaving.abort(reason);
        else one?.use(action.kind);
        await settle();
        assert.ok(tried.mostAtWork <= maxConcurrent);
      }
      for (const { leaving } of calls) leaving.abort(reason);
      await Promise.all(calls.map(({ over }) => over));
      await settle();
      assert.deepEqual([tried.open, tried.clock.pending], [0, 0]);
      await assertFree();
    }),
    { numRuns: 200 },
  );
});
