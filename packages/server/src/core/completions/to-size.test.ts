import assert from "node:assert/strict";
import { test } from "node:test";
import type { Completion } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";
import { toSize } from "./to-size.ts";

const sizeOf = (content: readonly ContentBlock[], more: Partial<Completion> = {}) =>
  toSize({ model: "m", system: "", messages: [{ role: "user", content }], sampling: {}, ...more });
const pdf = (data: string): ContentBlock => ({
  type: "document",
  source: { type: "base64", mediaType: "application/pdf", data },
});

test("all that the model reads counts, wherever it stands", () => {
  const text = { type: "text", text: "é".repeat(10) } as const;
  const image = { type: "image", source: { type: "url", url: "https://example.com/a.png" } } as const;
  const result = { type: "tool_result", callId: "1", content: [text, image], isError: false } as const;
  const call = { type: "tool_call", id: "1", name: "look", arguments: '{"a":1}' } as const;
  assert.deepEqual(sizeOf([text, image]), { inputBytes: 20, images: 1, overheadTokens: 400 });
  assert.deepEqual(sizeOf([result, call]), { inputBytes: 31, images: 1, overheadTokens: 400 });
  assert.equal(sizeOf([{ type: "thinking", text: "hm" }]).inputBytes, 2);
});

test("tools and the form of the answer count as they are written", () => {
  const description = "x".repeat(1_000);
  const tools = { definitions: [{ name: "a", description, inputSchema: {} }] };
  assert.ok(sizeOf([], { tools }).inputBytes > 1_000);
  const schema = { type: "object", description };
  assert.ok(sizeOf([], { outputFormat: { type: "json_schema", schema } }).inputBytes > 1_000);
});

test("a document counts by its pages, as far as they can be told", () => {
  assert.equal(sizeOf([pdf("AAAA")]).images, 1);
  assert.equal(sizeOf([pdf("A".repeat(400_000))]).images, 10);
  const elsewhere = { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } } as const;
  assert.ok(sizeOf([elsewhere]).images > 1);
});
