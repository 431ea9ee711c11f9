import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { type Admin, createAdmin } from "../harness/admin.ts";
import { assertChatError, assertDiscreet } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatReply } from "../harness/chat.ts";
import { type OpenAiUpstream, startOpenAiUpstream } from "../harness/openai-upstream.ts";
import { eventually } from "../harness/server-state.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";
import type { UpstreamAnswer } from "../harness/upstream-answer.ts";

/** What a first target does for the second to be asked. */
const ills: Readonly<Record<string, UpstreamAnswer>> = {
  "answers 500": { status: 500 },
  "answers 503": { status: 503 },
  "answers 529": { status: 529 },
  "limits the rate": { status: 429, headers: { "retry-after": "60" } },
  "does not know the key": { status: 401 },
  "breaks off before its first byte": { raw: "", cut: true },
  "stays silent": { text: "late", hold: { until: new Promise(() => {}) } },
};
/** Micro-dollars per million tokens. */
const prices = [
  { model: "gpt-first", input: 1_000_000, output: 1_000_000 },
  { model: "gpt-second", input: 100_000_000, output: 100_000_000 },
];
const toName = (what: string): string => what.replaceAll(/[^a-z0-9]+/g, "-");
const toBody = (model: string, more: object = {}) => ({ model, messages: [{ role: "user", content: "x" }], ...more });

describe("an upstream that fails", () => {
  let first: OpenAiUpstream;
  let second: OpenAiUpstream;
  let served: ServedModels;
  let admin: Admin;
  before(async () => {
    [first, second] = await Promise.all([startOpenAiUpstream(), startOpenAiUpstream({ models: ["gpt-second"] })]);
    const entry = { kind: "openai-compatible", baseUrl: `${first.url}/v1`, retries: 0 };
    const pair = (name: string) => ({ model: name, to: [`${name}/gpt-first`, "second/gpt-second"] });
    const alone = (name: string) => ({ model: name, to: [`${name}/gpt-first`] });
    const keys = ["KEY_OF_A", "KEY_OF_B"];
    served = await startWithModels({
      upstreams: ({ demo }) => ({
        // Each with a breaker, credentials and a queue of its own.
        ...Object.fromEntries(Object.keys(ills).map((ill) => [toName(ill), entry])),
        "stays-silent": { ...entry, headersMs: 300 },
        ...Object.fromEntries(["rejecting", "cut", "ill", "well", "redirecting"].map((name) => [name, entry])),
        ...Object.fromEntries(["patient", "hasty", "told-not-to"].map((name) => [name, { ...entry, retries: 2 }])),
        ...Object.fromEntries(["refused", "limited", "unknown"].map((name) => [name, { ...entry, keys }])),
        unreachable: { ...entry, baseUrl: "http://127.0.0.1:9/v1" },
        narrow: { ...entry, maxConcurrent: 1, queueLength: 1 },
        "demo-ill": { ...demo, retries: 0 },
        second: { ...entry, baseUrl: `${second.url}/v1` },
      }),
      models: [
        ...[...Object.keys(ills).map(toName), "rejecting", "cut", "unreachable"].map(pair),
        ...[
          "ill",
          "well",
          "redirecting",
          "patient",
          "hasty",
          "told-not-to",
          "refused",
          "limited",
          "unknown",
          "narrow",
        ].map(alone),
        { model: "ill-or-second", to: ["ill/gpt-first", "second/gpt-second"] },
        { model: "of-two-dialects", to: ["demo-ill/claude-haiku-5-5", "second/gpt-second"] },
      ],
      env: { KEY_OF_A: "key-a", KEY_OF_B: "key-b", GANTRY_MIN_READY: "0", GANTRY_PRICES: JSON.stringify(prices) },
    });
    admin = createAdmin(served.gantry);
  });
  after(async () => {
    await served.stop();
    await Promise.all([first.stop(), second.stop()]);
  });
  beforeEach(() => {
    first.answerWith(() => ({ text: "of the first" }));
    second.answerWith(() => ({ text: "of the second" }));
  });

  /** How often each upstream was called meanwhile. */
  async function counting(work: () => Promise<unknown>): Promise<readonly [first: number, second: number]> {
    const before = [first.calls.length, second.calls.length] as const;
    await work();
    return [first.calls.length - before[0], second.calls.length - before[1]];
  }

  async function assertServedBySecond(model: string, body: object = {}): Promise<void> {
    const reply = await ask(served.gantry, toBody(model, body));
    assert.equal(reply.text, "of the second");
    assert.equal(reply.headers.get("x-gantry-upstream"), "second");
  }

  for (const [what, answer] of Object.entries(ills)) {
    test(`gives way to the second where it ${what}`, async () => {
      first.answerWith(() => answer);
      for (const stream of [false, true]) {
        const calls = await counting(() => assertServedBySecond(toName(what), { stream }));
        assert.deepEqual(calls, [1, 1]);
      }
    });
  }

  test("gives way where it cannot be reached, and the model that answered is the one that is billed", async () => {
    const key = await admin.createKey();
    const reply = await ask(key, toBody("unreachable"));
    assert.equal(reply.headers.get("x-gantry-upstream"), "second");
    const [row] = await admin.listUsage({ key_id: key.id });
    assert.deepEqual([row?.model, row?.driver, row?.outcome], ["gpt-second", "direct", "completed"]);
    assert.equal(row?.id, reply.headers.get("x-gantry-usage-id"));
  });

  test("is paid for in advance at the price of the dearest that may answer in its place", async () => {
    const key = await admin.createKey();
    // Room for some 300 tokens of the first model, and for three of the second.
    await admin.createBudget({ subject: "key", subjectId: key.id, unit: "micros", limit: 300 });
    const bounded = (model: string) => toBody(model, { max_tokens: 5 });
    const refused = await counting(async () => assertChatError(await chat(key, bounded("cut")), "budget_exceeded"));
    assert.deepEqual(refused, [0, 0], "nobody is asked");
    assert.equal((await ask(key, bounded("well"))).text, "of the first");
  });

  test("gives way to one of another dialect", async () => {
    const client = new Anthropic({ baseURL: served.gantry.url, apiKey: served.gantry.key, maxRetries: 0 });
    const messages = [{ role: "user" as const, content: "[[demo:status 529]]" }];
    const message = await client.messages.create({ model: "of-two-dialects", max_tokens: 10, messages });
    assert.deepEqual(message.content, [{ type: "text", text: "of the second" }]);
    assert.equal(served.demo.calls.length, 1);
  });

  for (const status of [400, 403, 404, 422]) {
    test(`does not give way where it refuses the request itself, as by ${status}`, async () => {
      first.answerWith(() => ({ status }));
      const calls = await counting(async () => {
        const reply = await chat(served.gantry, toBody("rejecting"));
        assert.equal(reply.status, status === 403 ? 502 : status, reply.raw);
      });
      assert.deepEqual(calls, [1, 0]);
    });
  }

  test("does not give way once something was passed on", async () => {
    first.answerWith(() => ({ text: "of the first, in pieces", cutAfterEvents: 3 }));
    const calls = await counting(async () => {
      const reply = await chat(served.gantry, toBody("cut", { stream: true }));
      assertChatError(reply, "upstream_interrupted");
      assert.ok(reply.text.length > 0 && "of the first".startsWith(reply.text), reply.text);
    });
    assert.deepEqual(calls, [1, 0]);
  });

  test("is asked again as often as its entry says, and not against its own word", async () => {
    const later = { headers: { "retry-after": "0" } };
    const failing = (times: number, answer: UpstreamAnswer) => {
      let calls = 0;
      first.answerWith(() => ((calls += 1) <= times ? answer : { text: "of the first" }));
    };
    for (const [model, times, answer, status, calls] of [
      ["patient", 2, { status: 503, ...later }, 200, 3],
      ["patient", 3, { status: 503, ...later }, 503, 3],
      ["hasty", 1, { status: 503, headers: { "retry-after": "3600" } }, 503, 1],
      ["told-not-to", 1, { status: 500, headers: { "x-should-retry": "false" } }, 500, 1],
    ] as const) {
      failing(times, answer);
      let reply: ChatReply | undefined;
      const counted = await counting(async () => {
        reply = await chat(served.gantry, toBody(model));
      });
      assert.deepEqual([reply?.status, counted[0]], [status, calls], `${model} ${times}`);
    }
  });

  test("is left alone after failures in a row, which touches no other, and is asked again after a moment", async () => {
    first.answerWith(() => ({ status: 500 }));
    for (let failures = 0; failures < 5; failures += 1) await chat(served.gantry, toBody("ill"));
    const calls = await counting(async () => {
      const reply = await chat(served.gantry, toBody("ill"));
      assertChatError(reply, "upstream_circuit_open");
      assert.ok(Number(reply.headers.get("retry-after")) >= 1);
      await assertServedBySecond("ill-or-second");
    });
    assert.deepEqual(calls, [0, 1], "it is not asked");
    first.answerWith(() => ({ text: "of the first" }));
    assert.equal((await ask(served.gantry, toBody("well"))).text, "of the first");
    await eventually(async () => (await chat(served.gantry, toBody("ill"))).status === 200, "it is asked again");
  });

  test("has the key rest that it refuses, or that has done too much, and takes another", async () => {
    for (const [model, answer] of [
      ["refused", { status: 401 }],
      ["limited", { status: 429, headers: { "retry-after": "60" } }],
    ] as const) {
      const used: string[] = [];
      first.answerWith(({ headers }) => {
        used.push(headers.authorization ?? "");
        return headers.authorization === "Bearer key-a" ? answer : { text: "of the first" };
      });
      for (let calls = 0; calls < 4; calls += 1) await ask(served.gantry, toBody(model));
      assert.equal(used.filter((key) => key === "Bearer key-a").length, 1, used.join());
      assert.equal(used.length, 5);
    }
  });

  test("that knows none of the keys is a 502, and says nothing of them", async () => {
    first.answerWith(() => ({ status: 401, message: "Incorrect API key provided: key-a." }));
    const reply = await chat(served.gantry, toBody("unknown"));
    assertChatError(reply, "upstream_unauthorized");
    assert.doesNotMatch(reply.raw, /key-a|Incorrect/);
    assert.doesNotMatch(served.gantry.stderr(), /Bearer|key-[ab]\b/);
  });

  test("is not followed to another place", async () => {
    first.answerWith(() => ({ status: 307, headers: { location: `${second.url}/v1/chat/completions` } }));
    const calls = await counting(async () => {
      const reply = await chat(served.gantry, toBody("redirecting"));
      assertChatError(reply, "upstream_failed");
      assertDiscreet(reply);
      assert.equal(reply.headers.get("location"), null);
    });
    assert.deepEqual(calls, [1, 0]);
  });

  test("has no more calls at one time than it may; others wait, and one too many is refused", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    first.answerWith(() => ({ text: "of the first", hold: { until: promise } }));
    const before = first.calls.length;
    const running = chat(served.gantry, toBody("narrow"));
    await first.untilCall(before);
    const others = [chat(served.gantry, toBody("narrow")), chat(served.gantry, toBody("narrow"))];
    const refused = await Promise.race(others);
    assertChatError(refused, "queue_full");
    assert.equal(first.calls.length, before + 1);
    resolve();
    const statuses = (await Promise.all([running, ...others])).map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [200, 200, 429]);
  });
});
