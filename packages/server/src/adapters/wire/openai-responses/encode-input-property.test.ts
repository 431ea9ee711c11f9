import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContentBlock, ImageBlock, TextBlock, ToolResultBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import fc from "fast-check";
import { createIgnoredFields } from "../ignored-fields.ts";
import { encodeInput } from "./encode-input.ts";
import type { InputContent, InputItem } from "./request-body.ts";

const text = fc.string({ unit: "grapheme", minLength: 1 }).map((said): TextBlock => ({ type: "text", text: said }));
const image = fc
  .base64String()
  .map((data): ImageBlock => ({ type: "image", source: { type: "base64", mediaType: "image/png", data } }));
const toolCall = fc.record({
  type: fc.constant("tool_call" as const),
  id: fc.string({ minLength: 1 }),
  name: fc.string({ minLength: 1 }),
  arguments: fc.string({ minLength: 1 }),
});
const toolResult = fc.record({
  type: fc.constant("tool_result" as const),
  callId: fc.string({ minLength: 1 }),
  content: fc.array(fc.oneof(text, image), { maxLength: 3 }),
  isError: fc.boolean(),
});
const thinking = fc.record({ type: fc.constant("thinking" as const), text: fc.string() });

const message = fc.oneof(
  fc.record({ role: fc.constant("user" as const), content: fc.array(fc.oneof(text, image, toolResult)) }),
  fc.record({ role: fc.constant("assistant" as const), content: fc.array(fc.oneof(text, toolCall, thinking)) }),
  fc.record({ role: fc.constant("system" as const), content: fc.array(text) }),
);

/** A conversation as a flat list; neighbouring texts of the assistant are one, and so are those of a result without images. */
function flatten(messages: readonly CallMessage[]): unknown[] {
  return messages.flatMap(({ role, content }) => {
    const flat: { role: string; block: ContentBlock }[] = [];
    for (const block of content) {
      if (block.type === "thinking") continue;
      const last = flat.at(-1);
      if (role === "assistant" && block.type === "text" && last?.block.type === "text") {
        last.block = { type: "text", text: last.block.text + block.text };
      } else if (block.type === "tool_result") flat.push({ role, block: joinTexts(block) });
      else flat.push({ role, block });
    }
    return flat;
  });
}

function joinTexts(block: ToolResultBlock): ToolResultBlock {
  const told = [
    ...(block.isError ? [{ type: "text", text: "[this tool call failed]" } as const] : []),
    ...block.content,
  ];
  const texts = told.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const joined = [{ type: "text", text: texts.join("\n") } as const];
  const content = texts.length < told.length ? told : texts.length === 0 ? [] : joined;
  return { ...block, content, isError: false };
}

/** The same list, read back from what is sent. */
function readBack(items: readonly InputItem[]): unknown[] {
  return items.flatMap((item): unknown[] => {
    switch (item.type) {
      case "function_call":
        return [
          {
            role: "assistant",
            block: { type: "tool_call", id: item.call_id, name: item.name, arguments: item.arguments },
          },
        ];
      case "function_call_output": {
        const content = readOutput(item.output);
        return [{ role: "user", block: { type: "tool_result", callId: item.call_id, content, isError: false } }];
      }
      case "message": {
        if (item.role === "assistant") return [{ role: item.role, block: { type: "text", text: item.content } }];
        const role = item.role === "developer" ? "system" : item.role;
        return item.content.map((part) => ({ role, block: readContent(part) }));
      }
    }
  });
}

function readOutput(output: string | readonly InputContent[]): unknown[] {
  if (typeof output !== "string") return output.map(readContent);
  return output === "" ? [] : [{ type: "text", text: output }];
}

function readContent(part: InputContent): unknown {
  if (part.type === "input_text") return { type: "text", text: part.text };
  if (part.type === "input_file") return assert.fail("no document went in");
  const data = part.image_url.slice("data:image/png;base64,".length);
  return { type: "image", source: { type: "base64", mediaType: "image/png", data } };
}

test("a conversation comes back from its input as it was, but for thinking, and with an error told in words", () => {
  fc.assert(
    fc.property(fc.array(message), (generated) => {
      const messages = structuredClone(generated);
      const encoded = encodeInput(messages, createIgnoredFields());
      assert.ok(encoded.ok);
      const sent: InputItem[] = JSON.parse(JSON.stringify(encoded.value));
      assert.deepEqual(readBack(sent), flatten(messages));
    }),
  );
});
