import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeCall } from "./decode-call.ts";

const hi = { role: "user", content: "Hi" } as const;
const look = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } } as const;

function assertRefused(extra: object, expected: string): void {
  const decoded = decodeCall({ model: "m", messages: [hi], ...extra }, "direct");
  assert.ok(!decoded.ok);
  const { code, message, param } = decoded.failure;
  assert.equal(`${code} ${message}`, expected);
  assert.ok(message.startsWith(`${param}: `));
}

test("a last message of the user that says nothing is refused", () => {
  const silent = { messages: [hi, { role: "assistant", content: "Yes" }, { role: "user", content: "" }] };
  assertRefused(
    silent,
    "invalid_request messages[2].content: the last message must say something, got no text, image or file",
  );
});

test("what cannot be served is refused by name", () => {
  const custom = { type: "custom", custom: { name: "x" } };
  const unsupported: readonly (readonly [object, string])[] = [
    [{ n: 2 }, "n: one answer is made for each request, got the number 2; send n requests"],
    [{ audio: {} }, "audio: spoken answers are not served here"],
    [{ functions: [{ name: "f" }] }, "functions: this older field is not served; send tools"],
    [{ function_call: { name: "f" } }, "function_call: this older field is not served; send tools and tool_choice"],
    [{ tools: [custom] }, "tools[0].type: tools of type custom are not served here; send type function"],
    [
      { tools: [look], tool_choice: { type: "custom", custom: { name: "x" } } },
      "tool_choice.type: a choice of type custom is not served here",
    ],
    [
      { messages: [hi, { role: "assistant", function_call: { name: "f", arguments: "{}" } }] },
      "messages[1].function_call: this field is not served in the history",
    ],
    [
      { messages: [hi, { role: "assistant", tool_calls: [{ id: "c", ...custom }] }] },
      "messages[1].tool_calls[0].type: calls of type custom are not served here",
    ],
    [
      { messages: [hi, { role: "function", name: "f", content: "1" }] },
      "messages[1].role: this older role is not served; send role tool",
    ],
  ];
  for (const [extra, message] of unsupported) assertRefused(extra, `unsupported_feature ${message}`);
});

test("what is not valid is refused by name", () => {
  const tool = (fields: object) => ({ tools: [{ type: "function", function: { name: "f", ...fields } }] });
  const history = (message: object) => ({ messages: [hi, message] });
  const deep = JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`);
  const invalid: readonly (readonly [object, string])[] = [
    [
      { messages: [{ role: "system", content: "S" }] },
      "messages: expected at least one message besides the system prompt, got none",
    ],
    [{ tools: {} }, "tools: expected an array of tools, got an object"],
    [{ tools: [1] }, "tools[0]: expected a tool of type function, got the number 1"],
    [
      tool({ name: "a b" }),
      'tools[0].function.name: expected a name of 1 to 128 letters, digits, _ and -, got the string "a b"',
    ],
    [tool({ parameters: [] }), "tools[0].function.parameters: expected a JSON schema object, got an empty array"],
    [tool({ parameters: deep }), "tools[0].function.parameters: it is nested too deeply"],
    [{ tools: [look, look] }, 'tools[1].function.name: expected a name that no other tool has, got the string "look"'],
    [{ tools: Array.from({ length: 1001 }, () => look) }, "tools: expected at most 1000 tools, got 1001"],
    [
      { tools: [look], tool_choice: { type: "allowed_tools", allowed_tools: {} } },
      'tool_choice.allowed_tools.mode: expected "auto" or "required", got nothing',
    ],
    [
      { tools: [look], tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } } },
      "tool_choice.allowed_tools.tools: expected at least one tool, got an empty array",
    ],
    [
      {
        tools: [look],
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "hear" } }] },
        },
      },
      'tool_choice.allowed_tools.tools[0].function.name: expected the name of one of the tools, got the string "hear"',
    ],
    [{ tool_choice: "required" }, "tools: expected at least one tool, as one must be called, got an empty array"],
    [
      { tools: [look], tool_choice: { type: "function", function: { name: "hear" } } },
      'tool_choice.function.name: expected the name of one of the tools, got the string "hear"',
    ],
    [
      { tools: [look], tool_choice: "some" },
      'tool_choice: expected one of "none", "auto", "required", or {"type": "function", "function": {"name": …}}, got the string "some"',
    ],
    [{ parallel_tool_calls: 1 }, "parallel_tool_calls: expected true or false, got the number 1"],
    [
      { reasoning_effort: "much" },
      'reasoning_effort: expected one of none, minimal, low, medium, high, xhigh, max, got the string "much"',
    ],
    [
      { response_format: { type: "xml" } },
      'response_format.type: expected an object whose type is text, json_object or json_schema, got the string "xml"',
    ],
    [
      { response_format: { type: "json_schema", json_schema: { name: "x" } } },
      "response_format.json_schema.schema: expected a JSON schema object, got nothing",
    ],
    [{ user: "a".repeat(513) }, "user: expected at most 512 characters, got a string of 513 characters"],
    [
      history({ role: "tool", content: "1" }),
      "messages[1].tool_call_id: expected the id of a tool call, of 1 to 512 characters, got nothing",
    ],
    [
      history({ role: "tool", tool_call_id: "a", content: [{ type: "image_url", image_url: { url: "x" } }] }),
      'messages[1].content[0].type: expected text, as images stand in messages of the user alone, got the string "image_url"',
    ],
    [
      history({
        role: "assistant",
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: {} } }],
      }),
      "messages[1].tool_calls[0]: expected a tool call with id, type function and function, got an object",
    ],
  ];
  for (const [extra, message] of invalid) assertRefused(extra, `invalid_request ${message}`);
});

const names =
  "role content type text image_url url tool_calls tool_call_id id function name arguments parameters strict description \
json_schema schema refusal __proto__ audio".split(" ");

const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1e308,
      "",
      " ",
      "user",
      "assistant",
      "tool",
      "system",
      "function",
      "\ud800",
      "f",
    ),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const anyBody = fc.record(
  {
    model: fc.constant("m"),
    messages: fc.array(
      fc.record({
        role: fc.constantFrom("user", "assistant", "tool", "system"),
        content: anyValue,
        tool_calls: anyValue,
      }),
      { maxLength: 4 },
    ),
    tools: anyValue,
    tool_choice: anyValue,
    response_format: anyValue,
    functions: anyValue,
    user: anyValue,
    stop: anyValue,
  },
  { requiredKeys: ["model", "messages"] },
);

test("whatever a client sends, it decodes or is refused with a field and a short sentence", () => {
  fc.assert(
    fc.property(fc.oneof(anyBody, anyValue), fc.constantFrom("agent", "direct"), (body, road) => {
      const decoded = decodeCall(body, road);
      if (decoded.ok) {
        for (const { content } of decoded.call.messages) assert.ok(content.length > 0);
        for (const name of decoded.ignored) assert.match(name, /^[\w.[\]:+-]{1,90}$/);
      } else {
        assert.ok(decoded.failure.param !== undefined && decoded.failure.message.length < 400);
      }
    }),
    { numRuns: 1000 },
  );
});

test("a body of a hundred thousand wrong elements is refused at the first", () => {
  assertRefused(
    { tools: Array.from({ length: 1_000 }, () => 1) },
    "invalid_request tools[0]: expected a tool of type function, got the number 1",
  );
  const calls = Array.from({ length: 100_000 }, () => ({}));
  assertRefused(
    { messages: [hi, { role: "assistant", tool_calls: calls }] },
    "invalid_request messages[1].tool_calls[0]: expected a tool call with id, type function and function, got an object",
  );
});
