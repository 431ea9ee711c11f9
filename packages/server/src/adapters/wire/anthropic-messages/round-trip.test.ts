import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ContentBlock } from "@gantry/contracts/content";
import type { CallMessage, ModelCall } from "@gantry/contracts/model-call";
import { decodeCall } from "./decode-call.ts";
import { encodeCall } from "./encode-call.ts";

const plain = { noNullPrototype: true };
const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== "");
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 }), { ...plain, maxKeys: 3 });

const textBlock = words.map((text) => ({ type: "text", text }) as const);
const imageBlock = fc.oneof(
  fc
    .tuple(fc.constantFrom("image/png", "image/jpeg", "image/gif", "image/webp"), fc.uint8Array({ minLength: 1 }))
    .map(([mediaType, bytes]) => {
      const data = Buffer.from(bytes).toString("base64");
      return { type: "image", source: { type: "base64", mediaType, data } } as const;
    }),
  fc.webUrl({ validSchemes: ["https"] }).map((url) => ({ type: "image", source: { type: "url", url } }) as const),
);
const part = fc.oneof(textBlock, imageBlock);
const thought = fc.oneof(
  fc.tuple(words, words).map(([text, signature]) => ({ type: "thinking", text, signature }) as const),
  words.map((data) => ({ type: "redacted_thinking", data }) as const),
);

/** A turn of the assistant with its calls, and the user's next one with their results. */
const exchange = fc
  .tuple(
    fc.array(thought, { maxLength: 2 }),
    fc.array(textBlock, { minLength: 1, maxLength: 2 }),
    fc.uniqueArray(fc.tuple(name, name, object, fc.array(part, { maxLength: 2 }), fc.boolean()), {
      maxLength: 3,
      selector: ([id]) => id,
    }),
    fc.array(part, { minLength: 1, maxLength: 3 }),
  )
  .map(([thoughts, said, calls, asked]): CallMessage[] => {
    const made = calls.map(([id, called, input]): ContentBlock => ({
      type: "tool_call",
      id,
      name: called,
      arguments: JSON.stringify(input),
    }));
    const results = calls.map(([callId, , , content, isError]): ContentBlock => ({
      type: "tool_result",
      callId,
      content,
      isError,
    }));
    return [
      { role: "assistant", content: [...thoughts, ...said, ...made] },
      { role: "user", content: [...results, ...asked] },
    ];
  });

const messages = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 3 }), fc.array(exchange, { maxLength: 3 }))
  .map(([asked, exchanges]): CallMessage[] => [{ role: "user", content: asked }, ...exchanges.flat()]);

const tools = fc
  .uniqueArray(fc.tuple(name, fc.option(words), object, fc.boolean()), {
    minLength: 1,
    maxLength: 3,
    selector: ([id]) => id,
  })
  .map((all) =>
    all.map(([toolName, description, properties, strict]) => ({
      name: toolName,
      ...(description !== null && { description }),
      inputSchema: { type: "object", properties },
      ...(strict && { strict }),
    })),
  );

const toolPart: fc.Arbitrary<Pick<ModelCall, "tools" | "toolChoice" | "parallelToolCalls">> = fc.oneof(
  fc.constant({ tools: [], toolChoice: undefined }),
  fc.tuple(tools, fc.constantFrom("auto", "any", "tool"), fc.boolean()).map(([all, type, single]) => ({
    tools: all,
    toolChoice: type === "tool" ? ({ type, name: all[0]?.name ?? "" } as const) : ({ type } as const),
    ...(single && { parallelToolCalls: false }),
  })),
);

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const sampling = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 1_000_000 }),
    temperature: unit,
    topP: unit,
    topK: fc.nat(),
    stopSequences: fc.array(words, { minLength: 1, maxLength: 3 }),
  },
  { ...plain, requiredKeys: ["maxOutputTokens"] },
);
const settings = fc.record(
  {
    thinking: fc.oneof(
      fc.integer({ min: 1024, max: 100_000 }).map((budgetTokens) => ({ type: "enabled", budgetTokens }) as const),
      fc.constantFrom({ type: "adaptive" } as const, { type: "disabled" } as const),
    ),
    effort: fc.constantFrom("low", "medium", "high", "xhigh", "max"),
    outputFormat: object.map((schema) => ({ type: "json_schema", schema, strict: true }) as const),
    endUser: words,
  },
  { ...plain, requiredKeys: [] },
);

const anyCall: fc.Arbitrary<ModelCall> = fc
  .tuple(words, fc.array(textBlock, { maxLength: 2 }), messages, toolPart, sampling, settings, fc.boolean())
  .map(([model, system, conversation, offered, sampled, set, stream]) => ({
    model,
    system: system.filter(({ text }) => !text.startsWith("x-anthropic-billing-header")),
    messages: conversation,
    ...offered,
    sampling: sampled,
    ...set,
    stream,
  }));

test("a call that is encoded and decoded again means the same, and nothing of it is ignored", () => {
  fc.assert(
    fc.property(anyCall, (call) => {
      const encoded = encodeCall(call, call.model);
      assert.ok(encoded.ok, encoded.ok ? "" : encoded.failure.message);
      assert.deepEqual(encoded.ignored, []);
      const decoded = decodeCall(JSON.parse(JSON.stringify(encoded.body)));
      assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
      assert.deepEqual(decoded.ignored, []);
      assert.deepEqual(withParsedArguments(decoded.call), withParsedArguments(call));
    }),
    { numRuns: 300 },
  );
});

/** Arguments are compared by what they mean; -0 is no number of JSON. */
function withParsedArguments(call: ModelCall): unknown {
  const value: unknown = JSON.parse(JSON.stringify(call), (_key, each: unknown) =>
    isToolCall(each) ? { ...each, arguments: JSON.parse(each.arguments) } : each,
  );
  return value;
}

/** A field of that name stands in schemas and arguments too, where anything may be in it. */
function isToolCall(value: unknown): value is { readonly arguments: string } {
  if (typeof value !== "object" || value === null || !("type" in value) || !("arguments" in value)) return false;
  return value.type === "tool_call" && "id" in value && "name" in value && typeof value.arguments === "string";
}
