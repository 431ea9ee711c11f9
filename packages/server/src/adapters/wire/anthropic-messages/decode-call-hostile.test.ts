import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeCall } from "./decode-call.ts";
import { assertRejected, decodeGood, minimal, readTool, toolResult, toolUse } from "./test-calls.ts";

test("JSON that is nested too deeply is refused where it would be passed on", () => {
  const deep: unknown = JSON.parse(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
  const tools = [{ name: "a", input_schema: { type: "object", deep } }];
  assertRejected({ ...minimal, tools }, "tools.0.input_schema", /nested too deeply/);
  const format = { type: "json_schema", schema: { deep } };
  assertRejected({ ...minimal, output_config: { format } }, "output_config.format.schema", /nested too deeply/);
  const messages = [...minimal.messages, { role: "assistant", content: [toolUse("1", deep)] }];
  assertRejected({ ...minimal, messages }, "messages.1.content.0.input", /nested too deeply/);
  const nested = [{ role: "user", content: deep }];
  assertRejected({ ...minimal, messages: nested }, "messages.0.content", /a string or an array/);
});

test("no JSON makes the decoder throw, and every failure carries a short sentence and a field", () => {
  const words = ["user", "assistant", "system", "text", "image", "tool_use", "tool_result", "document", "thinking"];
  const names = [
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "metadata",
    "role",
    "content",
    "type",
    "text",
    "id",
    "input",
    "source",
    "tool_use_id",
  ];
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(...words, "\ud800"),
      fc.jsonValue(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...names, "__proto__"), tie("value"), { maxKeys: 6 }),
    ),
  })).value;
  const block = fc
    .dictionary(fc.constantFrom(...names), json)
    .chain((rest) => fc.constantFrom(...words, "tool_addition", "search_result").map((type) => ({ ...rest, type })));
  const message = fc.record({ role: fc.constantFrom("user", "assistant", "system"), content: fc.array(block) });
  const body = fc.oneof(
    json,
    fc.array(message).map((messages) => ({ ...minimal, messages })),
    fc.array(json).map((tools) => ({ ...minimal, tools: [readTool, ...tools], tool_choice: tools[0] })),
  );
  fc.assert(
    fc.property(body, (input) => {
      const decoded = decodeCall(input);
      if (decoded.ok) return;
      assert.ok(decoded.failure.message.startsWith(`${decoded.failure.param ?? "?"}: `), decoded.failure.message);
      assert.ok(decoded.failure.message.length < 500);
      assert.doesNotMatch(decoded.failure.message, /Invalid input/, "zod's own words");
    }),
    { numRuns: 500 },
  );
});

test("a list of wrong elements costs no more than its first", () => {
  const content = Array.from({ length: 100_000 }, () => 5);
  assertRejected({ ...minimal, messages: [{ role: "user", content }] }, "messages.0.content.0", /got the number 5/);
  assertRejected({ ...minimal, messages: content }, "messages.0", /a message object/);
  assertRejected({ ...minimal, messages: Array(100_001).fill(0) }, "messages", /at most 100000, got 100001/);
});

test("tens of thousands of blocks are taken", () => {
  const count = 150_000;
  const content = Array.from({ length: count }, () => ({ type: "text", text: "a" }));
  assert.equal(decodeGood({ messages: [{ role: "user", content }] }).messages[0]?.content.length, count);
  const calls = Array.from({ length: 1000 }, (_, index) => toolUse(`t${index}`));
  const results = calls.map(({ id }) => toolResult(id));
  const messages = [...minimal.messages, { role: "assistant", content: calls }, { role: "user", content: results }];
  assert.equal(decodeGood({ messages }).messages[2]?.content.length, 1000);
});
