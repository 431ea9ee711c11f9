import assert from "node:assert/strict";
import { test } from "node:test";
import { assertRejected, decodeGood, minimal, toolResult, toolUse } from "./test-calls.ts";

const text = (value: string) => ({ type: "text", text: value });
const user = (...content: readonly unknown[]) => ({ messages: [{ role: "user", content }] });
/** A task with one call, and these blocks in the user's answer to it. */
const answered = (...content: readonly unknown[]) => ({
  messages: [...minimal.messages, { role: "assistant", content: [toolUse("t1")] }, { role: "user", content }],
});
const lastBlocks = (extra: object) => decodeGood(extra).messages.at(-1)?.content;

test("texts and images keep their order, and empty texts are left out", () => {
  const png = { type: "base64", media_type: "image/png", data: "aGk=" };
  const blocks = lastBlocks(
    user(text("a"), { type: "image", source: png }, text(""), {
      type: "image",
      source: { type: "url", url: "https://example.com/a.png?b=c" },
    }),
  );
  assert.deepEqual(blocks, [
    text("a"),
    { type: "image", source: { type: "base64", mediaType: "image/png", data: "aGk=" } },
    { type: "image", source: { type: "url", url: "https://example.com/a.png?b=c" } },
  ]);
});

test("a tool's result keeps its texts, images and error, and what stands beside it", () => {
  const image = { type: "image", source: { type: "base64", media_type: "image/webp", data: "aGk=" } };
  assert.deepEqual(
    lastBlocks(answered(toolResult("t1", { content: [text("seen"), image], is_error: true }), text("And?"), image)),
    [
      {
        type: "tool_result",
        callId: "t1",
        content: [text("seen"), { type: "image", source: { type: "base64", mediaType: "image/webp", data: "aGk=" } }],
        isError: true,
      },
      text("And?"),
      { type: "image", source: { type: "base64", mediaType: "image/webp", data: "aGk=" } },
    ],
  );
  for (const content of [undefined, null, "", []]) {
    assert.deepEqual(lastBlocks(answered(toolResult("t1", { content }))), [
      { type: "tool_result", callId: "t1", content: [], isError: false },
    ]);
  }
});

test("thinking keeps its seal, and has none where another vendor's model gave none", () => {
  const content = [
    { type: "thinking", thinking: "hm", signature: "s" },
    { type: "thinking", thinking: "so", signature: "" },
    { type: "thinking", thinking: "", signature: "" },
    { type: "redacted_thinking", data: "xyz" },
    text("a"),
  ];
  assert.deepEqual(lastBlocks({ messages: [...minimal.messages, { role: "assistant", content }] }), [
    { type: "thinking", text: "hm", signature: "s" },
    { type: "thinking", text: "so" },
    { type: "redacted_thinking", data: "xyz" },
    text("a"),
  ]);
});

test("the input of a call becomes the text of its arguments; what was no JSON goes back as the model wrote it", () => {
  const written = (input: unknown) => {
    const content = [toolUse("t1", input)];
    const block = lastBlocks({ messages: [...minimal.messages, { role: "assistant", content }] })?.[0];
    return block?.type === "tool_call" ? block.arguments : undefined;
  };
  assert.equal(written({ a: [1, "ü"], b: null }), '{"a":[1,"ü"],"b":null}');
  assert.equal(written({}), "{}");
  assert.equal(written('{"a": tru'), '{"a": tru');
});

test("documents of text and search results become their texts, under what they are called", () => {
  const source = (value: object) => ({ type: "document", source: value });
  assert.deepEqual(lastBlocks(user(source({ type: "text", media_type: "text/plain", data: "All of it." }))), [
    text("All of it."),
  ]);
  assert.deepEqual(
    lastBlocks(
      user({ ...source({ type: "content", content: [text("One."), text("Two.")] }), title: "T", context: "C" }),
    ),
    [text("T\nC"), text("One."), text("Two.")],
  );
  assert.deepEqual(lastBlocks(user({ ...source({ type: "content", content: "One." }), title: "" })), [text("One.")]);
  const found = { type: "search_result", source: "https://example.com", title: "T", content: [text("Found.")] };
  assert.deepEqual(lastBlocks(answered(toolResult("t1", { content: [found] }))), [
    {
      type: "tool_result",
      callId: "t1",
      content: [text("T\nhttps://example.com"), text("Found.")],
      isError: false,
    },
  ]);
});

test("what cannot be carried is refused as unsupported", () => {
  const at = "messages.0.content.0";
  const cases: readonly [object, string][] = [
    [{ type: "document", source: { type: "file", file_id: "f" } }, `${at}.source`],
    [{ type: "image", source: { type: "file", file_id: "f" } }, `${at}.source`],
    [{ type: "container_upload", file_id: "f" }, `${at}.type`],
    [{ type: "web_search_tool_result", tool_use_id: "s", content: [] }, `${at}.type`],
    [{ type: "compaction", content: "summary" }, `${at}.type`],
    [{ type: "__proto__" }, `${at}.type`],
    [{ type: "hologram" }, `${at}.type`],
  ];
  for (const [block, param] of cases) {
    assertRejected({ ...minimal, ...user(block) }, param, /cannot be carried/, "unsupported_feature");
  }
});

test("malformed blocks, and blocks in the wrong place, are refused by field", () => {
  const at = "messages.0.content.0";
  const cases: readonly [unknown, string, RegExp][] = [
    [null, at, /got null/],
    ["a", at, /an object with the field type, got the string "a"/],
    [{}, `${at}.type`, /a string, got nothing/],
    [{ type: "text" }, `${at}.text`, /a string, got nothing/],
    [{ type: "text", text: 5 }, `${at}.text`, /got the number 5/],
    [{ type: "text", text: "\ud83d" }, at, /half a surrogate pair/],
    [{ type: "image" }, `${at}.source`, /an object of type base64 or url, got nothing/],
    [
      { type: "image", source: { type: "base64", media_type: "image/bmp", data: "" } },
      `${at}.source.media_type`,
      /bmp/,
    ],
    [{ type: "document", source: "text" }, `${at}.source`, /got the string "text"/],
    [toolUse("a"), `${at}.type`, /a block that can stand in a message of the user/],
    [{ type: "thinking", thinking: "a", signature: "b" }, `${at}.type`, /a message of the user/],
    [{ type: "tool_reference", tool_name: "a" }, `${at}.type`, /a message of the user/],
    [{ type: "tool_result" }, `${at}.tool_use_id`, /got nothing/],
    [toolResult("t", { is_error: 1 }), `${at}.is_error`, /true or false/],
    [toolResult("t", { content: 5 }), `${at}.content`, /got the number 5/],
    [toolResult("t", { content: [toolResult("t")] }), `${at}.content.0.type`, /a tool's result/],
    [
      toolResult("t", { content: [{ type: "document", source: { type: "content", content: [toolUse("x")] } }] }),
      `${at}.content.0.source.content.0.type`,
      /a block that can stand in a document/,
    ],
  ];
  for (const [block, param, message] of cases) assertRejected({ ...minimal, ...user(block) }, param, message);
  const said = (block: object) => ({
    ...minimal,
    messages: [...minimal.messages, { role: "assistant", content: [block] }],
  });
  assertRejected(said(toolUse("")), "messages.1.content.0.id", /at least 1 character/);
  assertRejected(said(toolUse("a", [])), "messages.1.content.0.input", /a JSON object, got an empty array/);
  assertRejected(said({ type: "tool_use", id: "a", name: "b" }), "messages.1.content.0.input", /got nothing/);
  assertRejected(said(toolResult("a")), "messages.1.content.0.type", /a message of the assistant/);
});

test("images that are no base64 and no https address are refused", () => {
  const base64 = (data: string) => ({ type: "base64", media_type: "image/png", data });
  const at = "messages.0.content.0.source";
  for (const data of ["", "data:image/png;base64,aGk=", "aG k=", "a===", "é"]) {
    assertRejected(
      { ...minimal, ...user({ type: "image", source: base64(data) }) },
      `${at}.data`,
      /base64/,
      "invalid_image",
    );
  }
  for (const url of ["http://a.b/c", "https://", "file:///etc/passwd", "https://a.b/c d", "https://a.b/\ud800"]) {
    const block = { type: "image", source: { type: "url", url } };
    assertRejected({ ...minimal, ...user(block) }, `${at}.url`, /https/, "invalid_image");
  }
});

test("fields of blocks without an effect are named, but not what is kept for later calls", () => {
  const call = decodeGood(
    answered(
      toolResult("t1", { toolset_name: "browser", cache_control: { type: "ephemeral" } }),
      { ...text("a"), cache_control: {}, sparkle: true },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" }, transformations: {} },
      { type: "document", source: { type: "text", data: "d" }, citations: { enabled: true } },
    ),
  );
  assert.deepEqual(call.ignored, [
    "messages.2.content.0.toolset_name",
    "messages.2.content.1.sparkle",
    "messages.2.content.2.transformations",
    "messages.2.content.3.citations",
  ]);
});
