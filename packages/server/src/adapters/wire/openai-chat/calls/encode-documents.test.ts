import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContentBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import { createIgnoredFields } from "../../ignored-fields.ts";
import { encodeCallMessages } from "./encode-call-messages.ts";
import { openAiManner } from "./server-manner.ts";

const pdf: ContentBlock & { type: "document" } = {
  type: "document",
  source: { type: "base64", mediaType: "application/pdf", data: "JVBERi0=" },
};
const part = (filename: string) => ({
  type: "file",
  file: { filename, file_data: "data:application/pdf;base64,JVBERi0=" },
});
const encode = (messages: readonly CallMessage[]) =>
  encodeCallMessages({ system: [], messages }, openAiManner, createIgnoredFields());

test("a document becomes a file with a name; one of a tool's result follows in the user's message", () => {
  const encoded = encode([
    {
      role: "user",
      content: [
        { ...pdf, title: "May.pdf" },
        { type: "text", text: "Read it." },
      ],
    },
    { role: "assistant", content: [{ type: "tool_call", id: "c1", name: "read", arguments: "{}" }] },
    { role: "user", content: [{ type: "tool_result", callId: "c1", content: [pdf], isError: false }] },
  ]);
  assert.ok(encoded.ok);
  const [asked, , told, shown] = encoded.value;
  assert.deepEqual(asked?.content, [part("May.pdf"), { type: "text", text: "Read it." }]);
  assert.equal(told?.content, "[document 1 of this result follows in the next message of the user]");
  assert.deepEqual(shown?.content, [
    { type: "text", text: "[document 1 of the result of the tool call c1]" },
    part("document.pdf"),
  ]);
});

test("a document by its address is refused, for nobody would fetch it", () => {
  const remote = { ...pdf, source: { type: "url", url: "https://example.com/a.pdf" } } as const;
  for (const block of [remote, { type: "tool_result", callId: "c1", content: [remote], isError: false } as const]) {
    const encoded = encode([{ role: "user", content: [block] }]);
    assert.ok(!encoded.ok);
    assert.deepEqual([encoded.failure.code, encoded.failure.param], ["unsupported_feature", "messages[0].content"]);
  }
});
