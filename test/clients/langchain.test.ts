import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type AIMessageChunk, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let gantry: Gantry;
before(async () => {
  gantry = await startGantry();
});
after(() => gantry.stop());

const chat = () =>
  new ChatOpenAI({ model: "haiku", apiKey: gantry.key, maxRetries: 0, configuration: { baseURL: `${gantry.url}/v1` } });
const add = tool(({ a, b }: { a: number; b: number }) => String(a + b), {
  name: "add",
  description: "Adds.",
  schema: z.object({ a: z.number(), b: z.number() }),
});
const prompt = new HumanMessage('[[demo:tools add {"a":1,"b":2} add {"a":3,"b":4}]]');
const wantedCalls = [
  ["add", { a: 1, b: 2 }],
  ["add", { a: 3, b: 4 }],
];

test("a chat model answers", async () => {
  const answer = await chat().invoke([new SystemMessage("Be brief."), new HumanMessage("[[demo:say Hello.]]")]);
  assert.equal(answer.content, "Hello.");
});

test("a chat model streams", async () => {
  let text = "";
  for await (const chunk of await chat().stream("[[demo:say Hello there.]]")) text += chunk.text;
  assert.equal(text, "Hello there.");
});

test("tools that are bound are called, and their messages go back", async () => {
  const bound = chat().bindTools([add]);
  const answer = await bound.invoke([prompt]);
  const calls = answer.tool_calls ?? [];
  assert.deepEqual(
    calls.map(({ name, args }) => [name, args]),
    wantedCalls,
  );
  const results = await Promise.all(calls.map((call) => add.invoke(call)));
  const end = await bound.invoke([prompt, answer, ...results]);
  assert.equal(end.content, "3\n7");
});

test("calls of tools are put together from a stream", async () => {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of await chat().bindTools([add]).stream([prompt])) whole = whole?.concat(chunk) ?? chunk;
  assert.deepEqual(
    whole?.tool_calls?.map(({ name, args }) => [name, args]),
    wantedCalls,
  );
});

test("an answer is given as the arguments of a function", async () => {
  const schema = z.object({ city: z.string() });
  const structured = chat().withStructuredOutput(schema, { name: "answer", method: "functionCalling" });
  assert.deepEqual(await structured.invoke('[[demo:tool answer {"city":"Paris"}]]'), { city: "Paris" });
});

test("an answer is given by a schema", async () => {
  const schema = z.object({ city: z.string() });
  const structured = chat().withStructuredOutput(schema, { name: "answer", method: "jsonSchema" });
  assert.deepEqual(await structured.invoke('[[demo:tool StructuredOutput {"city":"Paris"}]]'), { city: "Paris" });
});
