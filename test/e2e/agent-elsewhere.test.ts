import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Admin, createAdmin } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat } from "../harness/chat.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";
import { sumTokens, toToldUsage } from "../harness/told-usage.ts";

const toBody = (content: string, more: object = {}) => ({
  model: "sonnet",
  messages: [{ role: "user", content }],
  ...more,
});

describe("an agent whose model is a route to an upstream of another dialect", () => {
  let served: ServedModels;
  let admin: Admin;
  before(async () => {
    served = await startWithModels({
      models: [
        { model: "claude-sonnet*", to: ["chat/gpt-test"] },
        { model: "claude-opus*", to: ["ill/gpt-test"] },
      ],
      upstreams: ({ chat: entry }) => ({ ill: entry }),
      // A micro-dollar a token.
      env: {
        GANTRY_PRICES: JSON.stringify([{ model: "gpt-test", input: 1e6, output: 1e6, cacheRead: 1e6 }]),
        GANTRY_UPSTREAM_RETRIES: "0",
      },
    });
    admin = createAdmin(served.gantry);
  });
  after(() => served.stop());

  for (const stream of [false, true]) {
    test(`answers ${stream ? "in a stream" : "as a whole"}, for the upstream's own figures, priced as the model that answered`, async () => {
      const key = await admin.createKey();
      const told = served.scripted.told.length;
      served.scripted.answerWith(() => ({
        text: "Hello from elsewhere.",
        usage: { input: 100, cached: 40, output: 7 },
      }));
      const reply = await ask(
        key,
        toBody("hello", { stream, stream_options: stream ? { include_usage: true } : undefined }),
      );
      assert.equal(reply.text, "Hello from elsewhere.");
      assert.equal(reply.headers.get("x-gantry-driver"), "claude");
      const [row] = await admin.listUsage({ key_id: key.id });
      assert.deepEqual(row?.tokens, sumTokens(served.scripted.told.slice(told).map(toToldUsage)));
      assert.deepEqual([row.model, row.driver, row.costMicros], ["gpt-test", "claude", 60 + 40 + 7]);
    });
  }

  test("tells its failure as any other", async () => {
    served.scripted.answerWith(() => ({ status: 400, message: "no such thing" }));
    assertChatError(await chat(served.gantry, toBody("hello")), "upstream_rejected");
    served.scripted.answerWith(() => ({ status: 401 }));
    assertChatError(await chat(served.gantry, toBody("hello")), "upstream_unauthorized");
  });

  test("is cut by its client's bound", async () => {
    served.scripted.answerWith(() => ({ text: "Hello fr", reason: "length" }));
    const reply = await ask(served.gantry, toBody("hello", { max_tokens: 5 }));
    assert.equal(reply.finishReason, "length");
  });

  test("is left alone when its upstream is down, and agents of other upstreams are not", async () => {
    served.scripted.answerWith(() => ({ status: 500 }));
    const opus = toBody("hello", { model: "opus" });
    for (let failures = 0; failures < 5; failures += 1)
      assertChatError(await chat(served.gantry, opus), "upstream_failed");
    const calls = served.scripted.calls.length;
    assertChatError(await chat(served.gantry, opus), "upstream_circuit_open");
    assert.equal(served.scripted.calls.length, calls);
    served.scripted.answerWith(() => ({ text: "I am well." }));
    assert.equal((await ask(served.gantry, toBody("hello"))).text, "I am well.");
    assert.equal((await ask(served.gantry, toBody("[[demo:say So am I.]]", { model: "haiku" }))).text, "So am I.");
  });
});
