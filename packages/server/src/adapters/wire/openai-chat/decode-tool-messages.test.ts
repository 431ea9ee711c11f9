import { test } from "node:test";
import assert from "node:assert/strict";
import { decodeChatCompletion } from "./decode.ts";

const text = (said: string) => ({ type: "text", text: said });
const hi = { role: "user", content: "Hi" };
const call = (id: string) => ({ id, type: "function", function: { name: "look", arguments: "{}" } });
const calls = (...ids: readonly string[]) => ({ role: "assistant", content: null, tool_calls: ids.map(call) });
const result = (id: string, content: unknown = "done") => ({ role: "tool", tool_call_id: id, content });
const tools = [
  { type: "function", function: { name: "look", description: "Looks.", parameters: { type: "object" }, strict: true } },
];

function decodeGood(messages: readonly unknown[], extra: object = {}) {
  const decoded = decodeChatCompletion({ model: "m", messages, ...extra });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
  assert.deepEqual(decoded.ignored, []);
  return decoded.completion;
}

function assertRejected(messages: readonly unknown[], expected: string): void {
  const decoded = decodeChatCompletion({ model: "m", messages });
  assert.ok(!decoded.ok, "a failure was expected");
  assert.deepEqual([decoded.failure.code, decoded.failure.message], ["invalid_request", expected]);
  assert.ok(expected.startsWith(`${decoded.failure.param}: `));
}

test("an agent is offered the tools with the choice among them, and nothing where there are none", () => {
  const settings = { tools, tool_choice: "required", parallel_tool_calls: false };
  assert.deepEqual(decodeGood([hi], settings).tools, {
    definitions: [{ name: "look", description: "Looks.", inputSchema: { type: "object" }, strict: true }],
    choice: { type: "any" },
    parallel: false,
  });
  assert.equal(decodeGood([hi], { tools: [], tool_choice: "none", parallel_tool_calls: false }).tools, undefined);
});

test("results may come in any order, and stand in one message of the user before what the user says", () => {
  const { messages, system } = decodeGood([
    hi,
    calls("a", "b"),
    { role: "system", content: "Remember." },
    result("b", [text("two"), text("parts")]),
    result("a", ""),
    hi,
  ]);
  assert.equal(system, "Remember.");
  assert.deepEqual(messages.at(-1), {
    role: "user",
    content: [
      { type: "tool_result", callId: "b", content: [text("two"), text("parts")], isError: false },
      { type: "tool_result", callId: "a", content: [], isError: false },
      text("Hi"),
    ],
  });
});

test("a conversation may end with the result of a tool, and ids may come again in a later turn", () => {
  const { messages } = decodeGood([hi, calls("0"), result("0"), calls("0"), result("0")]);
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["user", "assistant", "user", "assistant", "user"],
  );
});

test("each call has one result right behind it, and no result is without its call", () => {
  const missing = (id: string, place: string) =>
    `${place}: the call "${id}" needs a message of role tool behind it, got none`;
  const unknown = (id: string, path: string, came = "one that is none of them") =>
    `${path}.tool_call_id: expected the id of a call of the assistant's message before, got ${came}: "${id}"`;
  assertRejected([hi, calls("a", "b"), result("a"), hi], missing("b", "messages[1].tool_calls[1]"));
  assertRejected([hi, calls("a"), calls("b"), result("a")], missing("a", "messages[1].tool_calls[0]"));
  assertRejected([hi, calls("a", "b"), result("b")], missing("a", "messages[1].tool_calls[0]"));
  assertRejected([hi, calls("a"), hi, result("a")], missing("a", "messages[1].tool_calls[0]"));
  assertRejected([result("a"), hi], unknown("a", "messages[0]"));
  assertRejected([hi, calls("a"), result("x")], unknown("x", "messages[2]"));
  const twice = unknown("a", "messages[3]", "one that has its result already");
  assertRejected([hi, calls("a"), result("a"), result("a")], twice);
  assertRejected([hi, calls("a"), result("a"), hi, result("a")], unknown("a", "messages[4]"));
  const doubled = 'messages[1].tool_calls[1]: expected ids that differ, got "a" twice';
  assertRejected([hi, calls("a", "a"), result("a")], doubled);
});

test("calls that nobody has answered are no end of a conversation", () => {
  const decoded = decodeChatCompletion({ model: "m", messages: [hi, calls("a")] });
  assert.ok(!decoded.ok && decoded.failure.param === "messages[1]");
});
