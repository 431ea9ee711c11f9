import assert from "node:assert/strict";
import { test } from "node:test";
import { assertRejected, decodeGood, minimal, readTool, toolResult, toolUse } from "./test-calls.ts";

const data = Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64");
const inline = { type: "base64", media_type: "application/pdf", data };
const source = { type: "base64", mediaType: "application/pdf", data };
const ask = (...content: object[]) => ({ messages: [{ role: "user", content }] });

test("a PDF is carried inline and by its address, with its title, and its context before it", () => {
  const url = "https://example.com/a.pdf";
  const call = decodeGood(
    ask(
      { type: "document", source: inline, title: "Report", context: "Of May.", citations: { enabled: false } },
      { type: "document", source: { type: "url", url }, cache_control: { type: "ephemeral" } },
    ),
  );
  assert.deepEqual(call.messages[0]?.content, [
    { type: "text", text: "Of May." },
    { type: "document", source, title: "Report" },
    { type: "document", source: { type: "url", url } },
  ]);
  assert.deepEqual(call.ignored, []);
});

test("a PDF can be in a tool's result, and that its words are to be cited is named as ignored", () => {
  const content = [{ type: "document", source: inline, citations: { enabled: true } }];
  const call = decodeGood({
    tools: [readTool],
    messages: [
      { role: "user", content: "read it" },
      { role: "assistant", content: [toolUse("t1")] },
      { role: "user", content: [toolResult("t1", { content })] },
    ],
  });
  const [result] = call.messages[2]?.content ?? [];
  assert.ok(result?.type === "tool_result");
  assert.deepEqual(result.content, [{ type: "document", source }]);
  assert.deepEqual(call.ignored, ["messages.2.content.0.content.0.citations"]);
});

test("what is no PDF, or at an address that nobody may open, is refused by its place", () => {
  const at = "messages.0.content.0.source";
  const cases: readonly [object, string, RegExp][] = [
    [{ ...inline, data: "aGk=" }, `${at}.data`, /another kind/],
    [{ ...inline, data: `data:application/pdf;base64,${data}` }, `${at}.data`, /without a prefix/],
    [{ ...inline, data: `${data}!` }, `${at}.data`, /not valid base64/],
    [{ ...inline, media_type: "text/html" }, `${at}.media_type`, /application\/pdf/],
    [{ type: "url", url: "http://example.com/a.pdf" }, `${at}.url`, /https/],
    [{ type: "url", url: "https://127.0.0.1/a.pdf" }, `${at}.url`, /name of a host/],
    [{ type: "url", url: "https://files.internal/a.pdf" }, `${at}.url`, /private network/],
  ];
  for (const [given, param, message] of cases) {
    assertRejected({ ...minimal, ...ask({ type: "document", source: given }) }, param, message);
  }
  const image = { type: "image", source: { type: "url", url: "https://169.254.169.254/latest" } };
  assertRejected({ ...minimal, ...ask(image) }, `${at}.url`, /name of a host/, "invalid_image");
});
