import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCall } from "./decode-call.ts";
import { assertRejected, decodeGood, minimal } from "./test-calls.ts";

test("the smallest call needs a model, a bound and one message", () => {
  assert.deepEqual(decodeCall(minimal), {
    ok: true,
    call: {
      model: "opus",
      system: [],
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      tools: [],
      toolChoice: undefined,
      sampling: { maxOutputTokens: 10 },
      stream: false,
    },
    includeUsage: true,
    ignored: [],
  });
});

/** The shape of what Claude Code 2.1.328 sends in the middle of a task, with words of our own. */
const ofTheCli = {
  model: "claude-opus-5-5",
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "<system-reminder>\nOnce.\n</system-reminder>" },
        { type: "text", text: "Read it." },
      ],
    },
    { role: "system", content: "# Environment", output_config: { effort: "medium" } },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "", signature: "c2VhbA==" },
        { type: "text", text: "I look." },
        { type: "tool_use", id: "toolu_1", name: "ToolSearch", input: { query: "select:WebFetch", max_results: 5 } },
        { type: "tool_use", id: "toolu_2", name: "Bash", input: { command: "ls" } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "tool_reference", tool_name: "WebFetch" }] },
        { tool_use_id: "toolu_2", type: "tool_result", content: "a.txt", is_error: false },
        { type: "text", text: "Tool loaded.", cache_control: { type: "ephemeral" } },
      ],
    },
    { role: "system", content: [] },
  ],
  system: [
    { type: "text", text: "x-anthropic-billing-header: cc_version=2.1.328.2e4; cc_entrypoint=sdk-cli;" },
    { type: "text", text: "You are an agent.", cache_control: { type: "ephemeral" } },
    { type: "text", text: "\nBe careful.", cache_control: { type: "ephemeral", ttl: "1h" } },
  ],
  tools: [
    { name: "Bash", description: "Runs.", input_schema: { $schema: "x", type: "object", properties: {} } },
    { name: "WebFetch", description: "Gets.", input_schema: { type: "object" }, defer_loading: true },
    { name: "DeferredToolPlaceholder", description: "Never.", input_schema: { type: "object" }, defer_loading: true },
  ],
  metadata: { user_id: '{"device_id":"88a6"}' },
  max_tokens: 128_000,
  thinking: { type: "adaptive", display: "omitted" },
  context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
  output_config: { effort: "high" },
  stream: true,
};

test("a call of the CLI is decoded without its billing note and its placeholder of a tool", () => {
  const text = (value: string) => ({ type: "text", text: value });
  assert.deepEqual(decodeCall(ofTheCli), {
    ok: true,
    call: {
      model: "claude-opus-5-5",
      system: [text("You are an agent."), text("\nBe careful.")],
      messages: [
        { role: "user", content: [text("<system-reminder>\nOnce.\n</system-reminder>"), text("Read it.")] },
        { role: "system", content: [text("# Environment")] },
        {
          role: "assistant",
          content: [
            { type: "thinking", text: "", signature: "c2VhbA==" },
            text("I look."),
            {
              type: "tool_call",
              id: "toolu_1",
              name: "ToolSearch",
              arguments: '{"query":"select:WebFetch","max_results":5}',
            },
            { type: "tool_call", id: "toolu_2", name: "Bash", arguments: '{"command":"ls"}' },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", callId: "toolu_1", content: [text("Tool loaded: WebFetch")], isError: false },
            { type: "tool_result", callId: "toolu_2", content: [text("a.txt")], isError: false },
            text("Tool loaded."),
          ],
        },
      ],
      tools: [
        { name: "Bash", description: "Runs.", inputSchema: { $schema: "x", type: "object", properties: {} } },
        { name: "WebFetch", description: "Gets.", inputSchema: { type: "object" } },
      ],
      toolChoice: undefined,
      sampling: { maxOutputTokens: 128_000 },
      thinking: { type: "adaptive" },
      effort: "medium",
      endUser: '{"device_id":"88a6"}',
      stream: true,
    },
    includeUsage: true,
    ignored: ["context_management", "thinking.display"],
  });
});

test("a body that is no object is refused", () => {
  for (const body of [undefined, null, 1, "text", true, [], [minimal]]) {
    assertRejected(body, "body", /expected a JSON object/);
  }
});

test("wrong types and values are refused by field, with what was expected and what came", () => {
  const cases: readonly [object, string, RegExp][] = [
    [{ model: undefined }, "model", /a model name of 1 to 256 characters, got nothing/],
    [{ model: "" }, "model", /got the string ""/],
    [{ model: "x".repeat(257) }, "model", /got a string of 257 characters/],
    [{ max_tokens: undefined }, "max_tokens", /an integer from 1 to 1000000, got nothing/],
    [{ max_tokens: 0 }, "max_tokens", /got the number 0/],
    [{ max_tokens: 1.5 }, "max_tokens", /1\.5/],
    [{ max_tokens: "10" }, "max_tokens", /got the string "10"/],
    [{ messages: undefined }, "messages", /an array of messages, got nothing/],
    [{ messages: "hi" }, "messages", /got the string "hi"/],
    [{ messages: [] }, "messages", /at least one message is required/],
    [{ temperature: 1.1 }, "temperature", /a number from 0 to 1/],
    [{ temperature: "1" }, "temperature", /got the string "1"/],
    [{ top_p: -1 }, "top_p", /a number from 0 to 1/],
    [{ top_k: -1 }, "top_k", /an integer of at least 0/],
    [{ stop_sequences: "END" }, "stop_sequences", /an array of strings/],
    [{ stop_sequences: ["a", " \n"] }, "stop_sequences.1", /not all white space/],
    [{ stop_sequences: ["\ud800"] }, "stop_sequences.0", /well-formed/],
    [{ stop_sequences: [5] }, "stop_sequences.0", /got the number 5/],
    [{ stream: "yes" }, "stream", /true or false/],
    [{ system: 5 }, "system", /a string or an array of content blocks, got the number 5/],
    [{ system: [{ type: "image" }] }, "system.0.type", /a block that can stand in the system prompt/],
    [{ system: ["a"] }, "system.0", /an object with the field type, got the string "a"/],
    [{ metadata: [] }, "metadata", /got an empty array/],
    [{ metadata: { user_id: 5 } }, "metadata.user_id", /a string, got the number 5/],
    [{ thinking: { type: "on" } }, "thinking.type", /enabled, adaptive, between_tools or disabled/],
    [{ thinking: { type: "enabled" } }, "thinking.budget_tokens", /at least 1024, got nothing/],
    [{ thinking: { type: "enabled", budget_tokens: 1023 } }, "thinking.budget_tokens", /1023/],
    [{ output_config: "high" }, "output_config", /an object/],
    [{ output_config: { effort: "huge" } }, "output_config.effort", /one of low, medium, high, xhigh, max/],
    [{ output_config: { format: { type: "json" } } }, "output_config.format.type", /json_schema/],
    [{ output_config: { format: { type: "json_schema" } } }, "output_config.format.schema", /a JSON schema object/],
    [{ output_format: { type: "json_schema", schema: [] } }, "output_format.schema", /got an empty array/],
  ];
  for (const [extra, param, message] of cases) assertRejected({ ...minimal, ...extra }, param, message);
});

test("the settings are decoded, and null is as good as nothing", () => {
  const schema = { type: "object", properties: {} };
  const call = decodeGood({
    max_tokens: 77,
    temperature: 0,
    top_p: 0.5,
    top_k: 0,
    stop_sequences: ["END", " \n."],
    metadata: { user_id: "u1" },
    thinking: { type: "enabled", budget_tokens: 2048 },
    output_config: { effort: "max", format: { type: "json_schema", schema } },
  });
  const stopSequences = ["END", " \n."];
  assert.deepEqual(call.sampling, { maxOutputTokens: 77, temperature: 0, topP: 0.5, topK: 0, stopSequences });
  assert.deepEqual(call.thinking, { type: "enabled", budgetTokens: 2048 });
  assert.deepEqual(call.outputFormat, { type: "json_schema", schema, strict: true });
  assert.deepEqual([call.effort, call.endUser, call.ignored], ["max", "u1", []]);
  assert.deepEqual(decodeGood({ output_format: { type: "json_schema", schema } }).outputFormat, call.outputFormat);
  const fields =
    "system temperature top_p top_k stop_sequences stream tools tool_choice thinking output_config metadata";
  const nothing = Object.fromEntries(`${fields} output_format mcp_servers`.split(" ").map((name) => [name, null]));
  assert.deepEqual(decodeGood(nothing), decodeGood({}));
  assert.deepEqual(decodeGood({ stop_sequences: [] }).sampling, { maxOutputTokens: 10 });
});

test("what has no effect on another vendor's model is named, what has none anywhere is not", () => {
  const call = decodeGood({
    service_tier: "standard_only",
    container: "c1",
    "x y": 1,
    metadata: { user_id: null },
    output_config: { task_budget: { type: "tokens", total: 5 } },
    thinking: { type: "between_tools" },
    cache_control: { type: "ephemeral" },
  });
  assert.deepEqual(call.ignored, [
    "service_tier",
    "container",
    "x_y",
    "thinking.between_tools:as-adaptive",
    "output_config.task_budget",
  ]);
  assert.deepEqual(call.thinking, { type: "adaptive" });
  const neutral = { service_tier: "auto", speed: "standard", inference_geo: "global", mcp_servers: [] };
  assert.deepEqual(decodeGood(neutral).ignored, []);
});

test("what the answer would be wrong without is refused as unsupported", () => {
  const cases: readonly [string, unknown][] = [
    ["mcp_servers", [{ type: "url", url: "https://example.com", name: "x" }]],
    ["inference_geo", "us"],
    ["thread", { type: "create" }],
  ];
  for (const [name, value] of cases) {
    assertRejected({ ...minimal, [name]: value }, name, /./, "unsupported_feature");
  }
});
