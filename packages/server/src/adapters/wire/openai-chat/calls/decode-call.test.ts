import { test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";
import { createPng, toDataUrl } from "../../../../../../../test/fixtures/openai-chat/sample-images.ts";
import { decodeCall } from "./decode-call.ts";

const hi = { role: "user", content: "Hi" } as const;
const text = (said: string) => ({ type: "text", text: said }) as const;
const look = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } } as const;
const plainCall = {
  model: "m",
  system: [],
  messages: [{ role: "user", content: [text("Hi")] }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
  stream: false,
};

function decode(body: unknown) {
  const decoded = decodeCall(body);
  if (!decoded.ok) throw new Error(decoded.failure.message);
  const { call, includeUsage, ignored } = decoded;
  return { call, includeUsage, ignored };
}
const decodeWith = (extra: object) => decode({ model: "m", messages: [hi], ...extra });
const messagesOf = (messages: readonly unknown[]) => decode({ model: "m", messages }).call.messages;

function assertRefused(extra: object, expected: string): void {
  const decoded = decodeCall({ model: "m", messages: [hi], ...extra });
  assert.ok(!decoded.ok);
  const { code, message, param } = decoded.failure;
  assert.equal(`${code} ${message}`, expected);
  assert.ok(message.startsWith(`${param}: `));
}

test("a body with everything that is served decodes to the whole call", () => {
  const body: ChatCompletionCreateParams = {
    model: "gpt",
    messages: [
      { role: "system", content: "S" },
      { role: "developer", content: [text("D"), text("E")] },
      {
        role: "user",
        content: [
          text("See"),
          { type: "image_url", image_url: { url: toDataUrl(createPng(3, 2), "image/png") } },
          { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
        ],
      },
      {
        role: "assistant",
        content: "I look.",
        tool_calls: [
          { id: "a", type: "function", function: { name: "look", arguments: '{"at":1}' } },
          { id: "b", type: "function", function: { name: "look", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "one" },
      { role: "tool", tool_call_id: "b", content: [text("two"), text("three")] },
      { role: "user", content: "And?" },
      { role: "developer", content: "Be brief." },
    ],
    tools: [
      {
        type: "function",
        function: { name: "look", description: "Looks.", parameters: { type: "object", properties: {} }, strict: true },
      },
      { type: "function", function: { name: "now" } },
    ],
    tool_choice: { type: "function", function: { name: "now" } },
    parallel_tool_calls: false,
    max_completion_tokens: 100,
    temperature: 1.5,
    top_p: 0.9,
    stop: "END",
    reasoning_effort: "xhigh",
    response_format: {
      type: "json_schema",
      json_schema: { name: "city", schema: { type: "object" }, strict: true },
    },
    safety_identifier: "ada",
    stream: true,
    stream_options: { include_usage: true },
    n: 1,
    seed: 7,
  };
  assert.deepEqual(decode(body), {
    call: {
      model: "gpt",
      system: [text("S"), text("D"), text("E")],
      messages: [
        {
          role: "user",
          content: [
            text("See"),
            {
              type: "image",
              source: { type: "base64", mediaType: "image/png", data: createPng(3, 2).toString("base64") },
            },
            { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
          ],
        },
        {
          role: "assistant",
          content: [
            text("I look."),
            { type: "tool_call", id: "a", name: "look", arguments: '{"at":1}' },
            { type: "tool_call", id: "b", name: "look", arguments: "{}" },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", callId: "a", content: [text("one")], isError: false },
            { type: "tool_result", callId: "b", content: [text("two"), text("three")], isError: false },
            text("And?"),
          ],
        },
        { role: "system", content: [text("Be brief.")] },
      ],
      tools: [
        { name: "look", description: "Looks.", inputSchema: { type: "object", properties: {} }, strict: true },
        { name: "now", inputSchema: { type: "object", properties: {} } },
      ],
      toolChoice: { type: "tool", name: "now" },
      parallelToolCalls: false,
      sampling: { maxOutputTokens: 100, temperature: 1.5, topP: 0.9, stopSequences: ["END"] },
      effort: "xhigh",
      outputFormat: { type: "json_schema", name: "city", schema: { type: "object" }, strict: true },
      stream: true,
      endUser: "ada",
    },
    includeUsage: true,
    ignored: ["seed"],
  });
});

test("every recorded request of the official client decodes, tools and formats among them", () => {
  const folder = new URL("../../../../../../../test/fixtures/openai-chat/", import.meta.url);
  const recorded = readdirSync(folder).filter((file) => file.endsWith(".json"));
  assert.ok(recorded.length >= 8);
  for (const file of recorded) decode(JSON.parse(readFileSync(new URL(file, folder), "utf8")).body);
});

test("fields that are null or ask for nothing decode to nothing", () => {
  const nothing = { call: plainCall, includeUsage: false, ignored: [] };
  const names = ["tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "user", "stop"];
  for (const name of [...names, "functions", "function_call", "safety_identifier"]) {
    assert.deepEqual(decodeWith({ [name]: null }), nothing, name);
  }
  const neutral = { tools: [], tool_choice: "auto", parallel_tool_calls: true, functions: [], function_call: "auto" };
  assert.deepEqual(decodeWith({ ...neutral, response_format: { type: "text" }, user: "" }), nothing);
  assert.deepEqual(decodeWith({ tool_choice: "none" }), nothing);
});

test("every form of the choice of tools is known", () => {
  const choiceOf = (choice: unknown) => decodeWith({ tools: [look], tool_choice: choice }).call.toolChoice;
  assert.deepEqual(choiceOf(undefined), undefined);
  assert.deepEqual(choiceOf("none"), { type: "none" });
  assert.deepEqual(choiceOf("auto"), { type: "auto" });
  assert.deepEqual(choiceOf("required"), { type: "any" });
  assert.deepEqual(choiceOf({ type: "function", function: { name: "look" } }), { type: "tool", name: "look" });
});

test("the temperature stays on the scale from 0 to 2, and the newer name of the bound counts", () => {
  const { call, ignored } = decodeWith({ temperature: 2, max_tokens: 5, max_completion_tokens: 6 });
  assert.deepEqual(call.sampling, { temperature: 2, maxOutputTokens: 6 });
  assert.deepEqual(ignored, ["max_tokens"]);
});

test("the newer name of the end user counts", () => {
  assert.equal(decodeWith({ user: "ada" }).call.endUser, "ada");
  const both = decodeWith({ user: "ada", safety_identifier: "bob" });
  assert.deepEqual([both.call.endUser, ...both.ignored], ["bob", "user"]);
  assert.deepEqual(decodeWith({ user: "ada", safety_identifier: "ada" }).ignored, []);
});

test("a large image is not said to be resized, as nothing resizes it here", () => {
  const url = toDataUrl(createPng(2400, 10), "image/png");
  const decoded = decode({
    model: "m",
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
  });
  assert.deepEqual(decoded.ignored, []);
});

test("results in a row, and what the user says after them, are one message", () => {
  const calls = ["a", "b"].map((id) => ({ id, type: "function", function: { name: "look", arguments: "{}" } }));
  const result = (id: string) => ({ role: "tool", tool_call_id: id, content: null });
  const seen = messagesOf([hi, { role: "assistant", tool_calls: calls }, result("a"), result("b"), hi, hi]);
  const emptied = (callId: string) => ({ type: "tool_result", callId, content: [], isError: false });
  assert.deepEqual(seen.at(-1), { role: "user", content: [emptied("a"), emptied("b"), text("Hi"), text("Hi")] });
  assert.equal(seen.length, 3);
});

test("a message that says nothing is left out and named, but for the user's last", () => {
  const { call, ignored } = decode({
    model: "m",
    messages: [{ role: "system", content: "" }, hi, { role: "assistant", content: null, tool_calls: [] }, hi],
  });
  assert.deepEqual(call, { ...plainCall, messages: [{ role: "user", content: [text("Hi"), text("Hi")] }] });
  assert.deepEqual(ignored, ["messages[0]", "messages[2]"]);
  const silent = { messages: [hi, { role: "assistant", content: "Yes" }, { role: "user", content: "" }] };
  assertRefused(
    silent,
    "invalid_request messages[2].content: the last message must say something, got no text or image",
  );
});

test("an answer begun by the client, and one that comes before the user, reach the model's provider", () => {
  const said = { role: "assistant", content: "Yes" };
  assert.deepEqual(
    messagesOf([said, hi, said]).map(({ role }) => role),
    ["assistant", "user", "assistant"],
  );
});

test("fields of the history that have no place are named", () => {
  const { ignored } = decode({
    model: "m",
    messages: [
      { ...hi, name: "ada" },
      { role: "assistant", content: "A", reasoning_content: "hm", audio: null, annotations: [] },
      hi,
    ],
    tools: [{ ...look, cache_control: {} }],
  });
  assert.deepEqual(ignored, ["tools[0].cache_control", "messages[0].name", "messages[1].reasoning_content"]);
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
      { tools: [look], tool_choice: { type: "allowed_tools", allowed_tools: {} } },
      "tool_choice.type: a choice of type allowed_tools is not served here",
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
    fc.property(fc.oneof(anyBody, anyValue), (body) => {
      const decoded = decodeCall(body);
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
    { tools: Array.from({ length: 100_000 }, () => 1) },
    "invalid_request tools[0]: expected a tool of type function, got the number 1",
  );
  const calls = Array.from({ length: 100_000 }, () => ({}));
  assertRefused(
    { messages: [hi, { role: "assistant", tool_calls: calls }] },
    "invalid_request messages[1].tool_calls[0]: expected a tool call with id, type function and function, got an object",
  );
});
