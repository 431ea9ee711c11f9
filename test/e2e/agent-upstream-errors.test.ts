import assert from "node:assert/strict";
import { test } from "node:test";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat } from "../harness/chat.ts";
import { startWithModels } from "../harness/start-with-models.ts";

const toBody = (model: string, more: object = {}) => ({ model, messages: [{ role: "user", content: "x" }], ...more });

test("a failure before an upstream of another dialect is told by its own code, behind an agent as well", async () => {
  const served = await startWithModels({
    upstreams: ({ chat: entry }) => ({
      silent: { ...entry, retries: 0, headersMs: 300 },
      narrow: { ...entry, retries: 0, maxConcurrent: 1, queueLength: 0 },
    }),
    models: [
      { model: "*haiku*", to: ["silent/gpt-test"] },
      { model: "*sonnet*", to: ["narrow/gpt-test"] },
    ],
  });
  const { gantry, scripted } = served;
  const { promise, resolve } = Promise.withResolvers<void>();
  try {
    scripted.answerWith(() => ({ text: "at last", hold: { until: promise } }));
    for (const stream of [false, true]) {
      assertChatError(await chat(gantry, toBody("haiku", { stream })), "upstream_timeout");
    }
    const before = scripted.calls.length;
    const running = ask(gantry, toBody("sonnet"));
    await scripted.untilCall(before);
    assertChatError(await chat(gantry, toBody("sonnet")), "queue_full");
    resolve();
    assert.equal((await running).text, "at last");
  } finally {
    resolve();
    await served.stop();
  }
});
