import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";
import fc from "fast-check";
import { clearLine, toAssistantLine, toUserLine } from "./user-line.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.constantFrom(
    "/clear",
    "/model haiku",
    "@/etc/passwd",
    "\u2028",
    "\n",
    " ",
    "(no content)",
    " (no content)\n",
    "\ud800",
  ),
);
const block: fc.Arbitrary<ContentBlock> = fc.oneof(
  { weight: 4, arbitrary: text.map((value) => ({ type: "text" as const, text: value })) },
  {
    weight: 1,
    arbitrary: fc.constant({ type: "image", source: { type: "url", url: "https://example.com/a.png" } } as const),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      type: "image",
      source: { type: "base64", mediaType: "image/png", data: "AAAA" },
    } as const),
  },
);
const content = fc.array(block, { minLength: 1, maxLength: 4 });

const lineOf = (message: Message) => toAssistantLine(message, "msg_1", "model-one") ?? "";
const contentOf = (line: string) => JSON.parse(line).message.content;

test("a user line holds every block as it is, and always ends with an empty text block", () => {
  fc.assert(
    fc.property(content, fc.boolean(), (blocks, query) => {
      const line = toUserLine({ role: "user", content: blocks }, query);
      assert.ok(!line.includes("\n"));
      const written = contentOf(line);
      assert.deepEqual(written.at(-1), { type: "text", text: "" });
      assert.equal(written.length, blocks.length + 1);
      for (const [index, each] of blocks.entries()) {
        if (each.type === "text") assert.deepEqual(written[index], { type: "text", text: each.text });
        else assert.equal(written[index].type, "image");
      }
      assert.equal(JSON.parse(line).shouldQuery, query ? undefined : false);
      assert.equal(JSON.parse(line).client_composed, true);
    }),
  );
});

test("an assistant line holds the text as it is, whatever blocks it takes", () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (texts) => {
      const message: Message = { role: "assistant", content: texts.map((value) => ({ type: "text", text: value })) };
      const written: { text: string }[] = contentOf(lineOf(message));
      assert.equal(written.map((each) => each.text).join(""), texts.join(""));
      assert.ok(written.every((each) => each.text !== ""));
    }),
  );
});

test("no assistant line is made of nothing but the CLI's placeholder", () => {
  for (const said of ["(no content)", "\n(no content) "]) {
    const written: { text: string }[] = contentOf(
      lineOf({ role: "assistant", content: [{ type: "text", text: said }] }),
    );
    assert.equal(written.length, 2);
    assert.ok(written.every((each) => each.text.trim() !== "(no content)"));
  }
});

test("images go as the Messages API has them", () => {
  const blocks: ContentBlock[] = [
    { type: "image", source: { type: "base64", mediaType: "image/webp", data: "AAAA" } },
    { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
  ];
  assert.deepEqual(contentOf(toUserLine({ role: "user", content: blocks }, true)).slice(0, 2), [
    { type: "image", source: { type: "base64", media_type: "image/webp", data: "AAAA" } },
    { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
  ]);
});

test("the line that clears is the command alone, as a text that is parsed", () => {
  assert.deepEqual(contentOf(clearLine), "/clear");
});
