import { test } from "node:test";
import assert from "node:assert/strict";
import type { ContentBlock } from "@gantry/contracts/content";
import { requireContentUrls } from "./require-content-urls.ts";

const by = (source: object): ContentBlock[] =>
  // Both kinds have the same sources.
  (["image", "document"] as const).map((type) => ({ type, source }) as ContentBlock);
const urls = by({ type: "url", url: "https://example.com/a" });
const inline = by({ type: "base64", mediaType: "image/png", data: "" });
const result = (content: readonly ContentBlock[]) =>
  ({ type: "tool_result", callId: "a", content, isError: false }) as ContentBlock;

function refuses(contentUrls: boolean, block: ContentBlock): boolean {
  const text = { type: "text", text: "https://example.com/a" } as const;
  const messages = [{ role: "user", content: [text, block] }] as const;
  const failure = requireContentUrls({ profile: { contentUrls } }, messages);
  if (failure !== undefined) assert.deepEqual([failure.code, failure.param], ["forbidden", "messages"]);
  return failure !== undefined;
}

test("addresses of images and documents are the profile's to allow, within results of tools too", () => {
  for (const block of [...urls, result(urls)]) {
    assert.equal(refuses(false, block), true);
    assert.equal(refuses(true, block), false);
  }
});

test("what comes inline, and an address that is a text, is nobody's concern", () => {
  for (const block of [...inline, result(inline)]) assert.equal(refuses(false, block), false);
});
