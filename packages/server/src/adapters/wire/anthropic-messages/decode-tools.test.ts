import assert from "node:assert/strict";
import { test } from "node:test";
import { assertRejected, decodeGood, minimal, readTool } from "./test-calls.ts";

const inputSchema = readTool.input_schema;
const search = { type: "web_search_20250305", name: "web_search", max_uses: 5 };
const offered = (extra: object) => decodeGood(extra).tools.map(({ name }) => name);

test("tools are decoded with their schemas as they are", () => {
  const strict = { ...readTool, name: "strict", type: "custom", description: "Reads.", strict: true };
  const call = decodeGood({ tools: [readTool, strict, { ...readTool, name: "lax", strict: false, description: "" }] });
  assert.deepEqual(call.tools, [
    { name: "read_file", inputSchema },
    { name: "strict", description: "Reads.", inputSchema, strict: true },
    { name: "lax", inputSchema, strict: false },
  ]);
  assert.deepEqual(call.ignored, []);
});

test("a tool that the vendor runs or defines is named, and refused where it is asked for", () => {
  const bash = { type: "bash_20250124", name: "bash" };
  const browser = { type: "browser_toolset_20260801" };
  const tools = [search, readTool, bash, browser];
  const call = decodeGood({ tools });
  assert.deepEqual(call.tools, [{ name: "read_file", inputSchema }]);
  assert.deepEqual(call.ignored, [
    "tools.0.web_search_20250305",
    "tools.2.bash_20250124",
    "tools.3.browser_toolset_20260801",
  ]);
  const unsupported = (extra: object) =>
    assertRejected({ ...minimal, ...extra }, "tool_choice", /its vendor runs or defines/, "unsupported_feature");
  unsupported({ tools, tool_choice: { type: "tool", name: "web_search" } });
  unsupported({ tools: [search], tool_choice: { type: "any" } });
});

test("what is in a definition without an effect is named, unless it only changes when it is sent", () => {
  const quiet = { ...readTool, cache_control: {}, defer_loading: true, eager_input_streaming: true };
  assert.deepEqual(decodeGood({ tools: [quiet] }).ignored, []);
  const loud = { ...readTool, input_examples: [{ path: "a" }], allowed_callers: ["direct"] };
  assert.deepEqual(decodeGood({ tools: [loud] }).ignored, ["tools.0.input_examples", "tools.0.allowed_callers"]);
});

test("every form of the choice is decoded", () => {
  const choice = (value: unknown) => {
    const { toolChoice, parallelToolCalls } = decodeGood({ tools: [readTool], tool_choice: value });
    return [toolChoice, parallelToolCalls];
  };
  assert.deepEqual(choice(undefined), [undefined, undefined]);
  assert.deepEqual(choice(null), [undefined, undefined]);
  assert.deepEqual(choice({ type: "auto" }), [{ type: "auto" }, undefined]);
  assert.deepEqual(choice({ type: "none" }), [{ type: "none" }, undefined]);
  assert.deepEqual(choice({ type: "any", disable_parallel_tool_use: true }), [{ type: "any" }, false]);
  assert.deepEqual(choice({ type: "tool", name: "read_file", disable_parallel_tool_use: false }), [
    { type: "tool", name: "read_file" },
    true,
  ]);
});

test("malformed tools and choices are refused by field", () => {
  const cases: readonly [object, string, RegExp][] = [
    [{ tools: {} }, "tools", /an array of tools/],
    [{ tools: ["a"] }, "tools.0", /a tool object/],
    [{ tools: [{ input_schema: inputSchema }] }, "tools.0.name", /got nothing/],
    [{ tools: [{ ...readTool, name: "a b" }] }, "tools.0.name", /1 to 128 letters/],
    [{ tools: [{ ...readTool, name: "x".repeat(129) }] }, "tools.0.name", /129 characters/],
    [{ tools: [{ ...readTool, description: 5 }] }, "tools.0.description", /a string/],
    [{ tools: [{ ...readTool, strict: "yes" }] }, "tools.0.strict", /true or false/],
    [{ tools: [{ name: "a" }] }, "tools.0.input_schema", /a JSON schema object.*, got nothing/],
    [
      { tools: [{ name: "a", input_schema: { type: "array" } }] },
      "tools.0.input_schema.type",
      /"object", got the string/,
    ],
    [{ tools: [readTool, readTool] }, "tools", /unique/],
    [{ tools: [search, { ...readTool, name: "web_search" }] }, "tools", /unique/],
    [{ tools: [readTool], tool_choice: "auto" }, "tool_choice", /an object of type auto, any, tool or none/],
    [{ tools: [readTool], tool_choice: { type: "some" } }, "tool_choice.type", /got the string "some"/],
    [{ tools: [readTool], tool_choice: { type: "tool" } }, "tool_choice.name", /got nothing/],
    [{ tools: [readTool], tool_choice: { type: "tool", name: "write" } }, "tool_choice", /among the tools/],
    [{ tool_choice: { type: "any" } }, "tool_choice", /among the tools/],
  ];
  for (const [extra, param, message] of cases) assertRejected({ ...minimal, ...extra }, param, message);
});

const change = (type: string, tool: object) => ({ type, tool });
const named = (name: string) => ({ type: "tool_reference", name });
const withChanges = (...content: readonly object[]) => ({
  tools: [readTool, { ...readTool, name: "write_file" }],
  messages: [...minimal.messages, { role: "system", content }],
});

test("tools are offered as the messages have changed them", () => {
  assert.deepEqual(offered(withChanges(change("tool_removal", named("read_file")))), ["write_file"]);
  assert.deepEqual(
    offered(withChanges(change("tool_removal", named("read_file")), change("tool_addition", named("read_file")))),
    ["write_file", "read_file"],
  );
  const definition = { ...readTool, name: "later" };
  const later = change("tool_addition", { type: "tool_definition", definition });
  assert.deepEqual(offered(withChanges(later)), ["read_file", "write_file", "later"]);
  assert.deepEqual(offered(withChanges(later, change("tool_removal", named("later")))), ["read_file", "write_file"]);
  assert.deepEqual(offered(withChanges(change("tool_addition", named("unheard_of")))), ["read_file", "write_file"]);
});

test("a system message that changes tools may speak too, and is left out where it does not", () => {
  const spoken = decodeGood(withChanges(change("tool_removal", named("read_file")), { type: "text", text: "Less." }));
  assert.deepEqual(spoken.messages.at(-1), { role: "system", content: [{ type: "text", text: "Less." }] });
  assert.equal(decodeGood(withChanges(change("tool_removal", named("read_file")))).messages.length, 1);
});

test("changes of tools that the vendor runs are named, and malformed ones refused", () => {
  const mcp = { type: "mcp_tool_reference", server_name: "s", name: "n" };
  assert.deepEqual(decodeGood(withChanges(change("tool_addition", mcp))).ignored, [
    "messages.1.content.mcp_tool_reference",
  ]);
  const refused = (block: object, param: string) => assertRejected({ ...minimal, ...withChanges(block) }, param, /./);
  refused({ type: "tool_removal" }, "messages.1.content.tool");
  refused(change("tool_addition", { type: "tool_definition", definition: 5 }), "messages.1.content.tool.definition");
});
