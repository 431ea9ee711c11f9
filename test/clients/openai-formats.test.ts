import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { z } from "zod";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

const model = "haiku";
let gantry: Gantry;
let client: OpenAI;

before(async () => {
  gantry = await startGantry();
  client = new OpenAI({ baseURL: `${gantry.url}/v1`, apiKey: gantry.key, maxRetries: 0 });
});
after(() => gantry.stop());

const city = z.object({ name: z.string(), people: z.number(), seen: z.iso.date().nullable() });
const paris = { name: "Paris", people: 2_100_000, seen: "2026-11-28" };
const ask = (content: string): ChatCompletionMessageParam[] => [{ role: "user", content }];
const given = ask(`[[demo:tool StructuredOutput ${JSON.stringify(paris)}]]`);

test("an answer is parsed by the schema that was asked for", async () => {
  const { choices } = await client.chat.completions.parse({
    model,
    messages: given,
    response_format: zodResponseFormat(city, "city"),
  });
  assert.deepEqual(choices[0]?.message.parsed, paris);
  assert.equal(choices[0]?.finish_reason, "stop");
  assert.equal(choices[0]?.message.tool_calls, undefined);
});

test("a streamed answer is parsed by the schema that was asked for", async () => {
  const stream = client.chat.completions.stream({
    model,
    messages: given,
    response_format: zodResponseFormat(city, "city"),
  });
  const { choices } = await stream.finalChatCompletion();
  assert.deepEqual(choices[0]?.message.parsed, paris);
});

test("an answer can be asked for as any object", async () => {
  const response_format = { type: "json_object" } as const;
  const { choices } = await client.chat.completions.create({ model, messages: given, response_format });
  assert.deepEqual(JSON.parse(choices[0]?.message.content ?? ""), paris);
});

test("a schema that cannot work is refused by its place", async () => {
  const schema = { type: "object", properties: { name: { type: "strung" } } };
  const response_format = { type: "json_schema", json_schema: { name: "city", schema } } as const;
  await assert.rejects(
    client.chat.completions.create({ model, messages: given, response_format }),
    (error) => error instanceof OpenAI.BadRequestError && String(error.param).includes("schema"),
  );
});

test("tools and a format can be asked for together", async () => {
  const tool = { type: "function", function: { name: "look", parameters: { type: "object" } } } as const;
  const body = { model, tools: [tool], response_format: zodResponseFormat(city, "city") };
  const messages = ask(`[[demo:tool look {}]][[demo:tool StructuredOutput ${JSON.stringify(paris)}]]`);
  const first = await client.chat.completions.create({ ...body, messages });
  const message = first.choices[0]?.message ?? assert.fail();
  const [call] = message.tool_calls ?? [];
  assert.ok(call?.type === "function" && call.function.name === "look");
  const result = { role: "tool", tool_call_id: call.id, content: "seen" } as const;
  const second = await client.chat.completions.create({ ...body, messages: [...messages, message, result] });
  assert.deepEqual(JSON.parse(second.choices[0]?.message.content ?? ""), paris);
});
