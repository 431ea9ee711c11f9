import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { z } from "zod";
import { defineTool, toCustomTools } from "./chat-tools.ts";
import type { WatchSession } from "./follow-session.ts";
import { GantryError } from "./gantry-error.ts";
import { listOpenCalls } from "./list-open-calls.ts";
import { cut, events, failure, json, startAnswers, type Answer } from "./test-answers.ts";

interface Logged {
  readonly id: string;
  readonly type: string;
}
type Step = readonly [type: string, fields?: object];

const use = (name: string, input: object = {}): Step => ["agent.custom_tool_use", { name, input }];
const waits = (...places: readonly number[]): Step => [
  "session.status_idle",
  { stop_reason: { type: "requires_action", event_ids: places.map((place) => `e${place}`) } },
];
const ends: Step = ["session.status_idle", { stop_reason: { type: "end_turn" } }];
const runs: Step = ["session.status_running"];

const toLog = (steps: readonly Step[]): Logged[] =>
  steps.map(([type, fields], index) => ({
    id: `e${index + 1}`,
    type,
    ...fields,
    gantry: { sequence: index + 1, ...(fields as { gantry?: object } | undefined)?.gantry },
  }));
const frame = (event: Logged): string =>
  `event: ${event.type}\nid: ${event.id.slice(1)}\ndata: ${JSON.stringify(event)}\n\n`;
const refused = (message: string, param: string): Answer =>
  json({ type: "error", error: { message, details: { error_code: "invalid_request", param } } }, 400);

interface Result {
  readonly custom_tool_use_id: string;
  readonly content: readonly { readonly text: string }[];
  readonly is_error: boolean;
}

/** A session with this log, whose stream is cut behind each of `cuts`, and that ends once `most` results were taken. */
async function watch(
  steps: readonly Step[],
  options: WatchSession,
  { most, cuts = [], answers = [] }: { most: number; cuts?: readonly number[]; answers?: readonly Answer[] },
) {
  const log = toLog(steps);
  const results: Result[] = [];
  const left = [...cuts];
  let lists = 0;
  let sends = 0;
  await using server = await startAnswers([
    (response, seen, socket) => {
      if (seen.url.includes("/stream")) {
        const after = Number(seen.headers["last-event-id"]);
        const upTo = left.shift();
        if (upTo !== undefined)
          return events(log.slice(after, upTo).map(frame).join(""), "cut")(response, seen, socket);
        events(log.slice(after).map(frame).join(""), "hang")(response, seen, socket);
        return;
      }
      if (seen.method === "GET") {
        lists += 1;
        const data = log.filter(({ type }) => seen.url.includes(`types[]=${type}`)).toReversed();
        return json({ data, next_page: null })(response, seen, socket);
      }
      const answer = answers[sends];
      sends += 1;
      if (answer !== undefined) return answer(response, seen, socket);
      const { events: sent } = JSON.parse(seen.body) as { events: readonly Result[] };
      results.push(...sent);
      json({ data: sent })(response, seen, socket);
      if (results.length >= most) leaving.abort();
    },
  ]);
  const leaving = new AbortController();
  let error: unknown;
  try {
    for await (const _ of server.gantry.sessions.events("sesn_1", { signal: leaving.signal, ...options })) void _;
  } catch (thrown) {
    error = thrown;
  }
  const told = results.map(({ custom_tool_use_id: id, content: [block], is_error: isError }) => [
    id,
    block?.text,
    isError,
  ]);
  return { told, error, lists, sends };
}

const isAborted = (error: unknown): boolean => error instanceof GantryError && error.code === "aborted";
const stock = defineTool({
  name: "stock",
  description: "What is left.",
  parameters: z.object({ thing: z.string() }),
  execute: ({ thing }) => `3 ${thing}`,
});

test("what is open is run by its tool or the callback, side by side, and what was thrown is told as an error", async () => {
  const steps = [
    use("stock", { thing: "pens" }),
    use("stock", {}),
    use("other", { a: 1 }),
    use("bad"),
    use("left"),
    ["agent.tool_use", { name: "bash" }] as Step,
    waits(1, 2, 3, 4, 5, 6),
  ];
  const asked: string[] = [];
  const seen = await watch(
    steps,
    {
      tools: [stock],
      onToolCall({ name, input, sessionId, id }, { callId }) {
        asked.push(name);
        assert.deepEqual([sessionId, id], ["sesn_1", callId]);
        if (name === "bad") throw new Error("no");
        return name === "left" ? undefined : input;
      },
    },
    { most: 4 },
  );
  assert.ok(isAborted(seen.error));
  const byId = new Map(seen.told.map((told) => [told[0], told]));
  assert.deepEqual(byId.get("e1"), ["e1", "3 pens", false]);
  assert.match(String(byId.get("e2")?.[1]), /thing/);
  assert.equal(byId.get("e2")?.[2], true);
  assert.deepEqual(byId.get("e3"), ["e3", '{"a":1}', false]);
  assert.deepEqual(byId.get("e4"), ["e4", "The tool failed: no", true]);
  assert.deepEqual(asked, ["other", "bad", "left"]);
  assert.equal(byId.size, 4);
});

test("over cut streams and a replay each call is run once, and none that was settled long ago", async () => {
  const ran: string[] = [];
  const options: WatchSession = {
    onToolCall: ({ id }) => {
      ran.push(id);
      return "done";
    },
  };
  const result = (place: number): Step => ["user.custom_tool_result", { custom_tool_use_id: `e${place}` }];
  const interrupt: Step = ["user.interrupt"];
  const steps = [
    [use("a"), waits(1), result(1), runs, ends],
    [use("a"), waits(6), interrupt, ends],
    [use("a"), use("a"), waits(10, 11), result(10), waits(11)],
  ].flat();
  const seen = await watch(steps, options, { most: 1, cuts: [2, 7, 11, 12] });
  assert.deepEqual([ran, seen.told], [["e11"], [["e11", "done", false]]]);
  // One look at the newest state for all of the replay.
  assert.equal(seen.lists, 1);
});

test("nothing is open where all is settled, or runs, or the calls are those of the session that was forked", async () => {
  const forked: Step = ["session.updated", { gantry: { forked_from: { session_id: "sesn_0", event_id: null } } }];
  const retitled: Step = ["session.updated", { title: "x" }];
  for (const tail of [[ends], [runs], [forked], [forked, retitled], [["session.status_terminated"] as Step]]) {
    const log = toLog([use("a"), waits(1), ...tail]).toReversed();
    await using server = await startAnswers([json({ data: log, next_page: null })]);
    assert.deepEqual(await listOpenCalls(server.transport, "sesn_1", {}), { calls: [], upTo: log.length });
  }
  await using empty = await startAnswers([json({ data: [], next_page: null })]);
  assert.deepEqual(await listOpenCalls(empty.transport, "sesn_1", {}), { calls: [], upTo: 0 });
});

test("open calls are looked for page by page, as far as their turn goes", async () => {
  const log = toLog([
    use("old"),
    ends,
    use("a"),
    waits(3),
    ["session.updated", { title: "x" }],
    use("b"),
    waits(3, 6, 9),
  ]).toReversed();
  const pages = [log.slice(0, 3), log.slice(3, 5), log.slice(5, 6), log.slice(6)];
  await using server = await startAnswers(pages.map((data, index) => json({ data, next_page: `p&${index + 1}` })));
  const { calls, upTo } = await listOpenCalls(server.transport, "sesn_1", {});
  assert.deepEqual([calls.map(({ name }) => name), upTo], [["a", "b"], 7]);
  assert.deepEqual(
    server.seen.map(({ url }) => new URL(url, "http://x").searchParams.get("page")),
    [null, "p&1", "p&2"],
  );
});

test("a result that was lost on its way is sent again, a settled call is settled, and a refused result is told", async () => {
  const once = { onToolCall: () => "done" };
  const busy = failure("store_unavailable", 503, { "retry-after-ms": "1" });
  const again = await watch([use("a"), waits(1)], once, { most: 1, answers: [cut, busy, busy, busy, busy] });
  assert.deepEqual([again.told, again.sends], [[["e1", "done", false]], 6]);

  for (const answer of [refused("settled", "custom_tool_use_id"), failure("conflict", 409)]) {
    const settled = await watch([use("a"), use("b"), waits(1, 2)], once, { most: 1, answers: [answer] });
    assert.ok(isAborted(settled.error));
    assert.equal(settled.told.length, 1);
  }
  const long = await watch([use("a"), waits(1)], once, { most: 1, answers: [refused("too long", "events")] });
  assert.deepEqual(long.told, [["e1", "The tool's result was refused: too long", true]]);
  const forbidden = await watch([use("a"), waits(1)], once, { most: 1, answers: [failure("forbidden", 403)] });
  assert.ok(forbidden.error instanceof GantryError && forbidden.error.code === "forbidden");
});

test("a tool is told when its stream is left, and its result is not sent", async () => {
  const leaving = new AbortController();
  let heard: Promise<unknown> | undefined;
  const onToolCall: WatchSession["onToolCall"] = (_, { signal }) => {
    heard = once(signal, "abort");
    leaving.abort();
    return "late";
  };
  const seen = await watch([use("a"), waits(1)], { onToolCall, signal: leaving.signal }, { most: 1 });
  await heard;
  assert.ok(heard !== undefined && isAborted(seen.error));
  assert.equal(seen.sends, 0);
});

test("tools are declared to an agent by their schemas", () => {
  const [tool] = toCustomTools([stock]);
  assert.partialDeepStrictEqual(tool, {
    type: "custom",
    name: "stock",
    description: "What is left.",
    input_schema: { type: "object", required: ["thing"] },
  });
  assert.throws(() => toCustomTools([{ name: "x", parameters: z.string() }]), { code: "invalid_argument" });
});
