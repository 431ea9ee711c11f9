import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContentBlock, TextBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import fc from "fast-check";
import { createIgnoredFields } from "../../ignored-fields.ts";
import { encodeInput } from "../encode-input.ts";
import { readRequest } from "./test-read.ts";

const text = fc.string({ unit: "grapheme", minLength: 1 }).map((said): TextBlock => ({ type: "text", text: said }));
const pdf = Buffer.from("%PDF-1.4 something").toString("base64");
const document = fc.constant<ContentBlock>({
  type: "document",
  source: { type: "base64", mediaType: "application/pdf", data: pdf },
  title: "a.pdf",
});

/** A conversation whose calls all have their results, as the contract has it; the assistant says one text before calls. */
const conversation = fc
  .tuple(
    fc.array(
      fc.record({
        asked: fc.array(fc.oneof(text, document), { minLength: 1, maxLength: 3 }),
        said: fc.option(text, { nil: undefined }),
        results: fc.array(fc.array(text, { minLength: 1, maxLength: 1 }), { maxLength: 3 }),
      }),
      { maxLength: 5 },
    ),
    fc.array(text, { minLength: 1, maxLength: 2 }),
  )
  .map(([turns, last]): readonly CallMessage[] => {
    const messages: { role: "user" | "assistant"; content: ContentBlock[] }[] = [];
    const add = (role: "user" | "assistant", blocks: readonly ContentBlock[]) => {
      if (blocks.length === 0) return;
      const open = messages.at(-1);
      if (open?.role === role) open.content.push(...blocks);
      else messages.push({ role, content: [...blocks] });
    };
    for (const [turn, { asked, said, results }] of turns.entries()) {
      const ids = results.map((_, index) => `call_${turn}_${index}`);
      add("user", asked);
      add("assistant", [
        ...(said === undefined ? [] : [said]),
        ...ids.map((id): ContentBlock => ({ type: "tool_call", id, name: "f", arguments: "{}" })),
      ]);
      add(
        "user",
        results.map((content, index): ContentBlock => ({
          type: "tool_result",
          callId: ids[index] ?? "",
          content,
          isError: false,
        })),
      );
    }
    add("user", last);
    return messages;
  });

test("a conversation that was laid out as items is read as it was", () => {
  fc.assert(
    fc.property(conversation, (messages) => {
      const encoded = encodeInput(messages, createIgnoredFields());
      assert.ok(encoded.ok);
      assert.deepEqual(readRequest({ input: encoded.value }).call.messages, messages);
    }),
  );
});

test("a conversation goes on from what was kept as from the whole input", () => {
  fc.assert(
    fc.property(conversation, fc.nat(), (messages, cut) => {
      const encoded = encodeInput(messages, createIgnoredFields());
      assert.ok(encoded.ok);
      const whole = readRequest({ input: encoded.value });
      const at = cut % encoded.value.length;
      const earlier = whole.items.slice(0, at);
      assert.deepEqual(readRequest({ input: encoded.value.slice(at) }, earlier).call, whole.call);
    }),
  );
});
