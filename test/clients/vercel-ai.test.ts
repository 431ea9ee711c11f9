import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createGantry } from "../../packages/ai-sdk-provider/src/index.ts";
import {
  generateObject,
  generateText,
  Output,
  type ProviderMetadata,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from "ai";
import { z } from "zod";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let gantry: Gantry;
before(async () => {
  gantry = await startGantry();
});
after(() => gantry.stop());

const modelOf = () => createGantry({ baseUrl: gantry.url, apiKey: gantry.key })("haiku");

const costOf = (metadata: ProviderMetadata | undefined) => Number(metadata?.["gantry"]?.["cost"]);

/** A tool that adds, and what it was asked for. */
function createAdder() {
  const asked: unknown[] = [];
  const add = tool({
    description: "Adds.",
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: ({ a, b }) => {
      asked.push([a, b]);
      return a + b;
    },
  });
  return { asked, tools: { add } };
}
const twoSteps = '[[demo:tools add {"a":1,"b":2} add {"a":3,"b":4}]][[demo:tool add {"a":5,"b":6}]][[demo:say Added.]]';
const allAsked = [
  [1, 2],
  [3, 4],
  [5, 6],
];

test("a text is generated", async () => {
  const { text, usage, finishReason, providerMetadata } = await generateText({
    model: modelOf(),
    prompt: "[[demo:say Hello.]]",
  });
  assert.equal(text, "Hello.");
  assert.ok(costOf(providerMetadata) > 0);
  assert.equal(finishReason, "stop");
  assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 0) > 0);
});

test("a text is streamed", async () => {
  const { textStream, providerMetadata, usage } = streamText({ model: modelOf(), prompt: "[[demo:tokens 20]]" });
  const pieces: string[] = [];
  for await (const piece of textStream) pieces.push(piece);
  assert.ok(pieces.length > 1);
  assert.ok(((await usage).outputTokens ?? 0) > 0);
  assert.ok(costOf(await providerMetadata) > 0);
});

test("tools are called over several steps", async () => {
  const { asked, tools } = createAdder();
  const { text, steps } = await generateText({ model: modelOf(), tools, prompt: twoSteps, stopWhen: stepCountIs(5) });
  assert.equal(text, "Added.");
  assert.deepEqual(asked, allAsked);
  assert.deepEqual(
    steps.map(({ finishReason, toolResults }) => [finishReason, ...toolResults.map(({ output }) => output)]),
    [["tool-calls", 3, 7], ["tool-calls", 11], ["stop"]],
  );
});

test("tools are called over several steps of a stream", async () => {
  const { asked, tools } = createAdder();
  const result = streamText({ model: modelOf(), tools, prompt: twoSteps, stopWhen: stepCountIs(5) });
  const kinds = new Set<string>();
  for await (const { type } of result.fullStream) kinds.add(type);
  assert.ok(kinds.has("tool-input-delta") && kinds.has("tool-result") && !kinds.has("error"));
  assert.equal(await result.text, "Added.");
  assert.deepEqual(asked, allAsked);
});

const schema = z.object({ name: z.string(), people: z.number() });
const paris = { name: "Paris", people: 2_100_000 };
const prompt = `[[demo:tool StructuredOutput ${JSON.stringify(paris)}]]`;

test("an object is generated", async () => {
  const { object } = await generateObject({ model: modelOf(), schema, prompt });
  assert.deepEqual(object, paris);
  const { output } = await generateText({ model: modelOf(), output: Output.object({ schema }), prompt });
  assert.deepEqual(output, paris);
});

test("an object is streamed", async () => {
  const { partialObjectStream, object } = streamObject({ model: modelOf(), schema, prompt });
  let last: unknown;
  for await (const partial of partialObjectStream) last = partial;
  assert.deepEqual([last, await object], [paris, paris]);
});

test("a conversation is kept by its name, with effort and PDF, and a wrong key is an error of the SDK", async () => {
  const headers = { "x-gantry-session": "ai-sdk" };
  const pdf = Buffer.from("%PDF-1.4\n%%EOF\n");
  const content = [
    { type: "text" as const, text: "[[demo:say kept answer]]" },
    { type: "file" as const, data: pdf, mediaType: "application/pdf" },
  ];
  const providerOptions = { gantry: { reasoningEffort: "high" } };
  const { response } = await generateText({
    model: modelOf(),
    messages: [{ role: "user", content }],
    headers,
    providerOptions,
  });
  assert.equal(response.headers?.["x-gantry-ignored"], undefined);
  const { text } = await generateText({ model: modelOf(), prompt: "[[demo:echo]]", headers });
  assert.match(text, /kept answer/);
  const stranger = createGantry({ baseUrl: `${gantry.url}/v1/`, apiKey: "wrong" })("haiku");
  await assert.rejects(generateText({ model: stranger, prompt: "Hi" }), { name: "AI_APICallError", statusCode: 401 });
});
