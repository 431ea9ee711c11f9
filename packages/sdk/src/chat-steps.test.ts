import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { ChatStreamEvent } from "./chat-stream.ts";
import { defineTool } from "./chat-tools.ts";
import { GantryError } from "./gantry-error.ts";
import { events, json, startAnswers } from "./test-answers.ts";

const isCode = (code: string) => (error: unknown) => error instanceof GantryError && error.code === code;
const parameters = z.object({ city: z.string().transform((city) => city.toUpperCase()) });
const weather = defineTool({
  name: "weather",
  description: "Of a city.",
  parameters,
  execute: ({ city }) => `${city}: sun`,
});
const ask = defineTool({ name: "ask", parameters: z.object({ question: z.string() }) });

type Called = readonly [id: string, name: string, text: string];
const usage = { prompt_tokens: 3, completion_tokens: 2 };
const toCalls = (calls: readonly Called[]) =>
  calls.map(([id, name, text]) => ({ id, type: "function", function: { name, arguments: text } }));
const calling = (...calls: readonly Called[]) => {
  const message = { role: "assistant", content: null, tool_calls: toCalls(calls) };
  return json({ cost: 0.5, usage, choices: [{ message, finish_reason: "tool_calls" }] });
};
const saying = (content: string) =>
  json({ cost: 0.25, usage, choices: [{ message: { content }, finish_reason: "stop" }] });
const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const sent = (server: { seen: readonly { body: string }[] }, at: number) => JSON.parse(server.seen[at]?.body ?? "");

test("a tool with code is run, and the model goes on with what it gave", async () => {
  await using server = await startAnswers([
    calling(["c1", "weather", '{"city":"Rome"}'], ["c2", "weather", '{"city": "Oslo"}']),
    saying("Sunny."),
  ]);
  const request = { prompt: "x", system: "Be short.", effort: "low", toolChoice: "required" } as const;
  const answer = await server.gantry.chat({ ...request, tools: [weather] });
  assert.deepEqual([answer.text, answer.toolCalls, answer.cost], ["Sunny.", [], 0.75]);
  assert.deepEqual(answer.usage, { inputTokens: 6, cachedTokens: 0, outputTokens: 4 });
  const first = sent(server, 0);
  assert.deepEqual(
    [first.reasoning_effort, first.tool_choice, first.tools[0].function.name],
    ["low", "required", "weather"],
  );
  assert.equal(first.tools[0].function.parameters.properties.city.type, "string");
  const second = sent(server, 1);
  assert.equal(second.tool_choice, "auto");
  assert.deepEqual(second.messages, [
    { role: "system", content: "Be short." },
    { role: "user", content: "x" },
    {
      role: "assistant",
      content: null,
      tool_calls: toCalls([
        ["c1", "weather", '{"city":"Rome"}'],
        ["c2", "weather", '{"city": "Oslo"}'],
      ]),
    },
    { role: "tool", tool_call_id: "c1", content: "ROME: sun" },
    { role: "tool", tool_call_id: "c2", content: "OSLO: sun" },
  ]);
  assert.deepEqual(answer.messages.at(-1), { role: "assistant", content: "Sunny." });
});

test("wrong arguments, no JSON, an unknown tool and one that fails are told to the model", async () => {
  await using server = await startAnswers([
    calling(["a", "weather", '{"city":7}'], ["b", "weather", "{"], ["c", "constructor", "{}"], ["d", "broken", "{}"]),
    saying("Sorry."),
  ]);
  const broken = defineTool({
    name: "broken",
    parameters: z.object({}),
    execute() {
      throw new Error("no power");
    },
  });
  const { text } = await server.gantry.chat({ prompt: "x", tools: [weather, broken] });
  assert.equal(text, "Sorry.");
  const told = sent(server, 1).messages.slice(2);
  assert.match(told[0].content, /city/);
  assert.deepEqual(
    told.slice(1).map(({ content }: { content: string }) => content),
    ["The arguments are no JSON.", 'There is no tool "constructor".', "The tool failed: no power"],
  );
});

test("calls of a tool without code come back typed, beside the results of those that were run", async () => {
  await using server = await startAnswers([
    calling(["a", "weather", '{"city":"Rome"}'], ["b", "ask", '{"question":"Why?"}'], ["c", "ask", "[]"]),
    saying("Fine."),
  ]);
  const tools = [weather, ask] as const;
  const answer = await server.gantry.chat({ prompt: "x", tools });
  assert.equal(answer.finishReason, "tool_calls");
  const [call, wrong] = answer.toolCalls;
  assert.ok(call?.error === undefined && call?.name === "ask");
  const question: string = call.input.question;
  assert.equal(question, "Why?");
  assert.ok(wrong?.error !== undefined && wrong.arguments === "[]");
  const messages = [
    { role: "user", content: "x" },
    ...answer.messages,
    { role: "tool", callId: "b", content: "Because." },
    { role: "tool", callId: "c", content: wrong.error },
  ] as const;
  assert.equal((await server.gantry.chat({ messages, tools })).text, "Fine.");
  assert.deepEqual(
    sent(server, 1)
      .messages.slice(2)
      .map(({ tool_call_id: id }: { tool_call_id: string }) => id),
    ["a", "b", "c"],
  );
});

test("the loop is bounded, and what its last answer calls is left to the caller", async () => {
  await using server = await startAnswers([calling(["a", "weather", '{"city":"Rome"}'])]);
  const answer = await server.gantry.chat({ prompt: "x", tools: [weather], maxSteps: 3 });
  assert.deepEqual([server.seen.length, answer.finishReason, answer.toolCalls.length], [3, "tool_calls", 1]);
  await assert.rejects(server.gantry.chat({ prompt: "x", maxSteps: 0 }), isCode("invalid_argument"));
  const schema = z.object({});
  const asObject = server.gantry.chat.object({ prompt: "x", tools: [weather], maxSteps: 1, schema });
  await assert.rejects(asObject, isCode("output_mismatch"));
});

test("a stream tells of calls and results, and goes on with the next answer", async () => {
  const call = (index: number, part: object, id?: string) => chunk({ tool_calls: [{ index, id, function: part }] });
  await using server = await startAnswers([
    events(
      chunk({ content: "Let me see." }) +
        call(0, { name: "weather", arguments: "" }, "a") +
        call(0, { arguments: '{"city":' }) +
        call(0, { arguments: '"Rome"}' }) +
        call(1, { name: "weather", arguments: "{}" }, "b") +
        chunk({}, "tool_calls") +
        "data: [DONE]\n\n",
    ),
    events(`${chunk({ content: "Sun" })}${chunk({ content: "ny." })}${chunk({}, "stop")}data: [DONE]\n\n`),
  ]);
  const stream = server.gantry.chat.stream({ prompt: "x", tools: [weather] });
  const seen: ChatStreamEvent["type"][] = [];
  const results: unknown[] = [];
  for await (const event of stream) {
    seen.push(event.type);
    if (event.type === "tool_result") results.push([event.callId, event.isError]);
  }
  assert.deepEqual(results, [
    ["a", false],
    ["b", true],
  ]);
  const answers = ["text.delta", "text.delta", "answer.finished"];
  assert.deepEqual(seen, ["text.delta", "tool_call", "tool_call", "tool_result", "tool_result", ...answers]);
  assert.equal(await stream.finalText, "Sunny.");
});

test("a chat that is left does not wait for its tools, and asks no more", async () => {
  await using server = await startAnswers([calling(["a", "slow", "{}"])]);
  const leaving = new AbortController();
  let isTold = false;
  const slow = defineTool({
    name: "slow",
    parameters: z.object({}),
    execute(_, { signal }) {
      signal.addEventListener("abort", () => (isTold = true));
      leaving.abort();
      return new Promise(() => undefined);
    },
  });
  const options = { signal: leaving.signal };
  await assert.rejects(server.gantry.chat({ prompt: "x", tools: [slow] }, options), isCode("aborted"));
  assert.deepEqual([isTold, server.seen.length], [true, 1]);
});

test("images and PDFs are sent inline or by their address", async () => {
  await using server = await startAnswers([saying("Seen.")]);
  const data = new Uint8Array(20_000).fill(255);
  await server.gantry.chat({
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", mediaType: "image/png", data } },
          { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
          {
            type: "document",
            title: "a.pdf",
            source: { type: "base64", mediaType: "application/pdf", data: "JVBERg==" },
          },
        ],
      },
    ],
  });
  const [inline, address, file] = sent(server, 0).messages[0].content;
  assert.equal(inline.image_url.url, `data:image/png;base64,${Buffer.from(data).toString("base64")}`);
  assert.deepEqual(address, { type: "image_url", image_url: { url: "https://example.com/a.png" } });
  assert.deepEqual(file.file, { file_data: "data:application/pdf;base64,JVBERg==", filename: "a.pdf" });
});
