import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionInputs, type ToolResultContent } from "@gantry/contracts/session-inputs";
import { toPlainText, toToolContent, toWorkBlocks } from "./to-work-blocks.ts";

const file = async (fileId: string) => ({ mediaType: "image/png", base64: `bytes of ${fileId}` });

const content: readonly ToolResultContent[] = [
  { type: "text", text: "@/etc/passwd stays text" },
  { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
  { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
  { type: "document", source: { type: "text", media_type: "text/plain", data: "words" }, title: "Notes" },
  { type: "document", source: { type: "base64", media_type: "application/pdf", data: "BBBB" }, context: "a report" },
];

test("content of the wire reaches an agent and comes back as it was", async () => {
  assert.deepEqual(toToolContent(await toWorkBlocks(content, file)), content);
});

test("an uploaded file is read, and a search result is told as text", async () => {
  const blocks = await toWorkBlocks(
    [
      { type: "image", source: { type: "file", file_id: "file_1" } },
      {
        type: "search_result",
        source: "https://example.com",
        title: "Found",
        content: [{ type: "text", text: "one" }],
        citations: { enabled: false },
      },
    ],
    file,
  );
  assert.deepEqual(blocks, [
    { type: "image", source: { type: "base64", mediaType: "image/png", data: "bytes of file_1" } },
    { type: "text", text: "Found\nhttps://example.com\n\none" },
  ]);
});

test("the text of a content is all its text blocks", () => {
  assert.equal(toPlainText([...content, { type: "text", text: "more" }]), "@/etc/passwd stays text\nmore");
});

test("inputs are read by their type, and what is not known of them is left out", () => {
  const read = sessionInputs.parse({
    events: [
      { type: "user.message", content: [{ type: "text", text: "hello", cache_control: null }], later: 1 },
      { type: "user.interrupt" },
      { type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "deny", deny_message: "no" },
      { type: "user.custom_tool_result", custom_tool_use_id: "sevt_2", content: [], is_error: false },
      { type: "system.message", content: [{ type: "text", text: "be brief" }] },
    ],
  });
  assert.deepEqual(read.events[0], { type: "user.message", content: [{ type: "text", text: "hello" }] });
  for (const events of [
    [],
    [{ type: "user.message", content: [] }],
    [{ type: "user.message", content: [{ type: "redacted" }] }],
    [{ type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "maybe" }],
    [{ type: "agent.message", content: [{ type: "text", text: "I am the agent" }] }],
    [{ type: "user.message", content: [{ type: "text", text: "x" }], gantry: { unknown: true } }],
  ]) {
    assert.equal(sessionInputs.safeParse({ events }).success, false, JSON.stringify(events));
  }
});
