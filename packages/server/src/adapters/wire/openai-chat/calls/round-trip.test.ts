import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { callEfforts } from "@gantry/contracts/answer-settings";
import { type ContentBlock, type ImageBlock } from "@gantry/contracts/content";
import { type CallMessage, type ModelCall } from "@gantry/contracts/model-call";
import { createPng } from "../../../../../../../test/fixtures/openai-chat/sample-images.ts";
import { decodeCall } from "../decode-call.ts";
import { decodeChatCompletion } from "../decode.ts";
import { encodeCall } from "./encode-call.ts";
import type { MessageBody } from "./request-body.ts";
import { compatibleManner, openAiManner } from "./server-manner.ts";

const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const anyText = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() !== "" && text.isWellFormed())
  .map((text) => ({ type: "text", text }) as const);
const anyImage = fc.constantFrom<ImageBlock>(
  { type: "image", source: { type: "base64", mediaType: "image/png", data: createPng(3, 2).toString("base64") } },
  { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
);
const anySchema = fc.constantFrom({ type: "object", properties: { at: { type: "string" } } }, { anyOf: [] });

interface Exchange {
  readonly said: readonly ContentBlock[];
  readonly names: readonly string[];
  readonly results: readonly {
    readonly content: readonly (ContentBlock & { type: "text" | "image" })[];
    isError: boolean;
  }[];
  readonly further: readonly ContentBlock[];
  readonly reminder: readonly ContentBlock[];
}

/** An answer with some calls, the results of all of them, what the user says besides, and a word of the system. */
const anyExchange = (resultContent: fc.Arbitrary<ContentBlock & { type: "text" | "image" }>, isError: boolean) =>
  fc.record({
    said: fc.array(anyText, { maxLength: 2 }),
    names: fc.array(name, { maxLength: 3 }),
    results: fc.array(
      fc.record({
        content: fc.array(resultContent, { maxLength: isError ? 3 : 1 }),
        isError: isError ? fc.boolean() : fc.constant(false),
      }),
      { minLength: 3, maxLength: 3 },
    ),
    further: fc.array(fc.oneof(anyText, anyImage), { minLength: 1, maxLength: 2 }),
    reminder: fc.array(anyText, { maxLength: 1 }),
  });

function toMessages(exchanges: readonly Exchange[]): CallMessage[] {
  const messages: CallMessage[] = [{ role: "user", content: [{ type: "text", text: "Go" }] }];
  for (const [turn, { said, names, results, further, reminder }] of exchanges.entries()) {
    const ids = names.map((_, index) => `call_${turn}_${index}`);
    const calls = names.map(
      (tool, index) => ({ type: "tool_call", id: ids[index] ?? "", name: tool, arguments: `{"at":${index}}` }) as const,
    );
    const answers = ids.map((callId, index) => {
      const { content = [], isError = false } = results[index] ?? {};
      return { type: "tool_result", callId, content, isError } as const;
    });
    const fallback = { type: "text", text: "Well." } as const;
    messages.push({ role: "assistant", content: said.length + calls.length > 0 ? [...said, ...calls] : [fallback] });
    messages.push({ role: "user", content: [...answers, ...further] });
    if (reminder.length > 0) messages.push({ role: "system", content: reminder });
  }
  return messages;
}

const anyCall = fc
  .record({
    system: fc.array(anyText, { maxLength: 1 }),
    exchanges: fc.array(anyExchange(anyText, false), { maxLength: 3 }),
    tools: fc.uniqueArray(
      fc.record(
        { name, description: anyText.map(({ text }) => text), inputSchema: anySchema, strict: fc.boolean() },
        { requiredKeys: ["name", "inputSchema"] },
      ),
      { selector: (tool) => tool.name, minLength: 1, maxLength: 3 },
    ),
    choice: fc.constantFrom("auto", "any", "none", "tool", undefined),
    settings: fc.record(
      {
        parallelToolCalls: fc.constant(false),
        effort: fc.constantFrom(...callEfforts),
        outputFormat: fc.constantFrom(
          { type: "json_object" } as const,
          { type: "json_schema", name: "city", schema: {}, strict: true } as const,
        ),
        endUser: name,
      },
      { requiredKeys: [] },
    ),
    sampling: fc.record(
      {
        maxOutputTokens: fc.integer({ min: 1, max: 1_000_000 }),
        temperature: fc.constantFrom(0, 0.5, 1),
        topP: fc.constantFrom(0, 0.5, 1),
        stopSequences: fc.array(name, { minLength: 1, maxLength: 4 }),
      },
      { requiredKeys: [] },
    ),
    stream: fc.boolean(),
  })
  .map(({ system, exchanges, tools, choice, settings, sampling, stream }): ModelCall => ({
    model: "gpt-6-astra",
    system,
    messages: toMessages(exchanges),
    tools,
    toolChoice: choice === "tool" ? { type: "tool", name: tools[0]?.name ?? "" } : choice && { type: choice },
    ...settings,
    sampling,
    stream,
  }));

const toPlain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("what an OpenAI server is sent reads back as the call it was", () => {
  fc.assert(
    fc.property(anyCall, (call) => {
      const encoded = encodeCall(call, call.model, openAiManner);
      assert.ok(encoded.ok);
      assert.deepEqual(encoded.ignored, []);
      const decoded = decodeCall(toPlain(encoded.body), "direct");
      assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
      assert.deepEqual(
        [toPlain(decoded.call), decoded.ignored, decoded.includeUsage],
        [toPlain(call), [], call.stream],
      );
    }),
  );
});

test("what an OpenAI server is sent is the same conversation for an agent", () => {
  fc.assert(
    fc.property(anyCall, (call) => {
      const words = call.messages.filter(({ role }) => role === "system").flatMap(({ content }) => content);
      const plain = { ...call, messages: call.messages.filter(({ role }) => role !== "system") };
      const encoded = encodeCall(plain, call.model, openAiManner);
      assert.ok(encoded.ok);
      const { messages, ...rest } = encoded.body;
      const reminders = words.map((word) => ({ role: "system", content: word.type === "text" ? word.text : "" }));
      const decoded = decodeChatCompletion(toPlain({ ...rest, messages: [...messages, ...reminders] }));
      assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
      const { completion } = decoded;
      assert.deepEqual(toPlain(completion.messages), toPlain(plain.messages));
      assert.deepEqual(toPlain(completion.tools?.definitions), toPlain(call.tools));
      assert.deepEqual(
        [completion.tools?.choice, completion.tools?.parallel, completion.effort, completion.outputFormat],
        [call.toolChoice, call.parallelToolCalls, call.effort, call.outputFormat],
      );
      const system = [...call.system, ...words].map((block) => (block.type === "text" ? block.text : ""));
      assert.equal(completion.system, system.join("\n"));
      assert.deepEqual(decoded.ignored, call.endUser === undefined ? [] : ["user"]);
    }),
  );
});

/** Cuts the user's messages at any place and puts words of the system between. */
const anyCuts = fc.array(fc.record({ place: fc.nat(6), word: fc.boolean() }), { maxLength: 6 });

function cutMessages(
  messages: readonly CallMessage[],
  cuts: readonly { place: number; word: boolean }[],
): CallMessage[] {
  return messages.flatMap((message, index): CallMessage[] => {
    const cut = cuts[index];
    if (message.role !== "user" || cut === undefined) return [message];
    const { role, content } = message;
    const word: CallMessage = { role: "system", content: [{ type: "text", text: "Remember." }] };
    const parts = [content.slice(0, cut.place), content.slice(cut.place)].filter((part) => part.length > 0);
    return [...(cut.word ? [word] : []), ...parts.map((part) => ({ role, content: part }))];
  });
}

test("nothing of a conversation is lost, and results stand right behind their calls", () => {
  const exchanges = fc.array(anyExchange(fc.oneof(anyText, anyImage), true), { maxLength: 4 });
  fc.assert(
    fc.property(exchanges, anyCuts, (spoken, cuts) => {
      const messages = cutMessages(toMessages(spoken), cuts);
      const call: ModelCall = {
        model: "m",
        system: [],
        messages,
        tools: [],
        toolChoice: undefined,
        sampling: {},
        stream: false,
      };
      const encoded = encodeCall(call, "m", compatibleManner);
      assert.ok(encoded.ok && encoded.ignored.length === 0);
      const sent: readonly MessageBody[] = encoded.body.messages;

      const written = JSON.stringify(sent);
      const count = (type: string) =>
        messages.flatMap(({ content }) => flatten(content)).filter((each) => each.type === type);
      for (const block of count("text")) {
        assert.ok(block.type === "text" && written.includes(JSON.stringify(block.text).slice(1, -1)));
      }
      assert.equal(written.split('"image_url":{').length - 1, count("image").length);

      let open: string[] = [];
      for (const message of sent) {
        if (message.role === "tool") {
          assert.ok(open.includes(message.tool_call_id));
          open = open.filter((id) => id !== message.tool_call_id);
        } else {
          assert.deepEqual(open, [], "a message stands between calls and their results");
          if (message.role === "assistant") open = (message.tool_calls ?? []).map(({ id }) => id);
        }
      }
      assert.deepEqual(open, []);
    }),
  );
});

function flatten(content: readonly ContentBlock[]): ContentBlock[] {
  return content.flatMap((block) => (block.type === "tool_result" ? [...block.content] : [block]));
}
