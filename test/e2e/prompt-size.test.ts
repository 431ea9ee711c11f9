import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../harness/chat.ts";
import { assistant, say, user } from "../harness/conversation.ts";
import { forEachVersion } from "../harness/for-each-version.ts";

/** The CLI's own default for a one-line chat is some 76,000 bytes. */
const mostBytes = 3_000;

// One process takes all turns: the first as new, the others after a reset or in mid-conversation.
forEachVersion({ env: { GANTRY_MAX_PROCESSES: "1" } }, (suite) => {
  test("a one-line chat makes one small call with no tools, on a new process and on one used before", async () => {
    const before = suite.model.calls().length;
    const hello = [user("Hello! Who are you?")];
    for (const messages of [hello, hello, hello, [...hello, assistant("A model."), user("Which?")]]) {
      for (const model of ["haiku", "sonnet", "opus"]) {
        await ask(suite.gantry, { model, messages });
      }
    }

    const calls = suite.model.calls().slice(before);
    assert.equal(calls.length, 12);
    for (const { bodyBytes, body } of calls) {
      assert.ok(bodyBytes < mostBytes, `${bodyBytes} bytes: ${JSON.stringify(body)}`);
      assert.ok(typeof body === "object" && body !== null);
      assert.ok(!("tools" in body) || (Array.isArray(body.tools) && body.tools.length === 0));
    }
  });

  test("a system prompt and a history add their own size and little more", async () => {
    const text = "x".repeat(10_000);
    const before = suite.model.calls().length;
    await ask(suite.gantry, {
      model: "haiku",
      messages: [say("system", text), user(text), assistant(text), user(text)],
    });
    const [call, ...others] = suite.model.calls().slice(before);
    assert.deepEqual(others, []);
    assert.ok(call !== undefined && call.bodyBytes < 4 * text.length + mostBytes, `${call?.bodyBytes} bytes`);
  });
});
