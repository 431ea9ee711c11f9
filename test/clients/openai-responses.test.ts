import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BadRequestError, NotFoundError, type OpenAI } from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { toResponseInputItems } from "openai/lib/responses/ResponseInputItems";
import { z } from "zod";
import { createResponsesClient, readEcho } from "../harness/responses-client.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let gantry: Gantry;
let client: OpenAI;
let ask: ReturnType<typeof createResponsesClient>["ask"];

before(async () => {
  gantry = await startGantry();
  ({ client, ask } = createResponsesClient(gantry));
});
after(() => gantry.stop());

test("a text is answered, and the response can be fetched with its input", async () => {
  const made = await ask("[[demo:say Hello there.]]", { instructions: "Be brief.", metadata: { a: "b" } });
  assert.equal(made.output_text, "Hello there.");
  assert.match(made.id, /^resp_[0-9a-f]{32}$/);
  assert.equal(made.status, "completed");
  assert.match(made.model, /haiku/);
  assert.deepEqual([made.instructions, made.metadata], ["Be brief.", { a: "b" }]);
  assert.ok((made.usage?.input_tokens ?? 0) > 0 && (made.usage?.output_tokens ?? 0) > 0);

  const fetched = await client.responses.retrieve(made.id);
  assert.deepEqual(fetched, made);
  const items = await client.responses.inputItems.list(made.id);
  assert.partialDeepStrictEqual(items.data, [
    { type: "message", role: "user", content: [{ type: "input_text", text: "[[demo:say Hello there.]]" }] },
  ]);
});

test("a streamed response is told by numbered events, and is in the store when its end is told", async () => {
  const stream = await client.responses.create({ model: "haiku", input: "[[demo:tokens 20]]", stream: true });
  const types: string[] = [];
  let text = "";
  for await (const event of stream) {
    assert.equal(event.sequence_number, types.length);
    types.push(event.type);
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type === "response.completed") {
      assert.equal((await client.responses.retrieve(event.response.id)).output_text, text);
    }
  }
  assert.deepEqual(types.slice(0, 4), [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
  ]);
  assert.equal(types.at(-1), "response.completed");
  assert.match(text, /^tok1 .*tok20 $/);
});

test("the stream helper gathers the whole response, with what was thought", async () => {
  const stream = client.responses.stream({
    model: "haiku",
    input: "[[demo:think One moment.]] [[demo:say Hi.]]",
    reasoning: { summary: "auto" },
  });
  let thought = "";
  stream.on("response.reasoning_summary_text.delta", ({ delta }) => void (thought += delta));
  const whole = await stream.finalResponse();
  assert.equal(whole.output_text, "Hi.");
  assert.equal(thought, "One moment.");
  assert.partialDeepStrictEqual(whole.output, [
    { type: "reasoning", summary: [{ type: "summary_text", text: "One moment." }] },
    { type: "message", status: "completed" },
  ]);
});

test("a conversation goes on from the response before it, in the process that holds it, without its instructions", async () => {
  const first = await ask("[[demo:say One.]]", { instructions: "Be brief." });
  const { data: second, response } = await client.responses
    .create({
      model: "haiku",
      input: "[[demo:echo]]",
      instructions: "Be brief.",
      previous_response_id: first.id,
    })
    .withResponse();
  assert.equal(response.headers.get("x-gantry-process"), "same-conversation");
  assert.equal(second.previous_response_id, first.id);
  assert.ok(readEcho(second).messages.some(({ role, texts }) => role === "assistant" && texts.includes("One.")));

  const third = await ask("[[demo:echo]]", { previous_response_id: second.id });
  assert.ok(!JSON.stringify(readEcho(third).system).includes("Be brief."));
  assert.ok(readEcho(third).messages.some(({ texts }) => texts.includes("One.")));
});

test("a failure before the first sign is an HTTP error, and leaves nothing behind", async () => {
  await assert.rejects(ask("[[demo:status 400]]"), (error) => error instanceof BadRequestError);
  await assert.rejects(
    ask("x", { model: "none" }),
    (error) => error instanceof NotFoundError && error.param === "model",
  );
  const wrong = ask([{ role: "user", content: [{ type: "input_image", detail: "auto", image_url: "http://a/b" }] }]);
  await assert.rejects(wrong, (error) => error instanceof BadRequestError && error.code === "invalid_image");
});

test("an answer that hits its bound is incomplete, and can be gone on from", async () => {
  const cut = await ask("[[demo:say one two three]]", { max_output_tokens: 2 });
  assert.equal(cut.status, "incomplete");
  assert.deepEqual(cut.incomplete_details, { reason: "max_output_tokens" });
  const next = await ask("[[demo:say Well.]]", { previous_response_id: cut.id });
  assert.equal(next.output_text, "Well.");
});

const parameters = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } };
const add = { type: "function", name: "add", description: "Adds.", parameters, strict: false } as const;
const now = { type: "function", name: "now", parameters: { type: "object", properties: {} }, strict: false } as const;
const tools = [add, now];
const adding = '[[demo:say I add.]][[demo:tool add {"a":1,"b":2}]][[demo:say It is three.]]';

function readCalls({ output }: OpenAI.Responses.Response): OpenAI.Responses.ResponseFunctionToolCall[] {
  return output.filter((item) => item.type === "function_call");
}

test("a kept response with a call is gone on from by the call's result, in the process that waits", async () => {
  const first = await ask(adding, { tools });
  assert.deepEqual([first.status, first.output_text], ["completed", "I add."]);
  const [call] = readCalls(first);
  assert.ok(call);
  assert.deepEqual([call.name, JSON.parse(call.arguments)], ["add", { a: 1, b: 2 }]);
  const unanswered = ask("Well?", { previous_response_id: first.id, tools });
  await assert.rejects(
    unanswered,
    (error) => error instanceof BadRequestError && /No tool output found/.test(error.message),
  );

  const { data: second, response } = await client.responses
    .create({
      model: "haiku",
      tools,
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: call.call_id, output: "3" }],
    })
    .withResponse();
  assert.equal(second.output_text, "It is three.");
  assert.equal(response.headers.get("x-gantry-process"), "same-conversation");
});

test("the whole input goes on as well, with what was thought and its seals, where nothing is kept", async () => {
  const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: `[[demo:think Sums.]]${adding}` }];
  const settings = { tools, store: false, include: ["reasoning.encrypted_content" as const] };
  const first = await ask(input, settings);
  const [call] = readCalls(first);
  assert.ok(call);
  const reasoning = first.output.find((item) => item.type === "reasoning");
  assert.ok(reasoning?.encrypted_content);
  const next = [
    ...input,
    ...toResponseInputItems(first.output),
    { type: "function_call_output" as const, call_id: call.call_id, output: "3" },
  ];
  const { data: second, response } = await client.responses
    .create({ model: "haiku", input: next, ...settings })
    .withResponse();
  assert.equal(second.output_text, "It is three.");
  assert.deepEqual(
    [response.headers.get("x-gantry-process"), response.headers.get("x-gantry-ignored")],
    ["same-conversation", null],
  );
});

test("calls made together are streamed, and answered in any order", async () => {
  const stream = client.responses.stream({
    model: "haiku",
    input: '[[demo:tools add {"a":1,"b":2} now add {"a":3,"b":4}]]',
    tools,
  });
  const written = new Map<string, string>();
  stream.on("response.function_call_arguments.delta", ({ item_id: id, delta }) => {
    written.set(id, (written.get(id) ?? "") + delta);
  });
  const whole = await stream.finalResponse();
  const calls = readCalls(whole);
  assert.deepEqual(
    calls.map(({ name, arguments: text }) => [name, JSON.parse(text)]),
    [
      ["add", { a: 1, b: 2 }],
      ["now", {}],
      ["add", { a: 3, b: 4 }],
    ],
  );
  assert.deepEqual(
    [...written.values()],
    calls.map(({ arguments: text }) => text),
  );
  const results = calls.map(({ call_id }, index) => ({
    type: "function_call_output" as const,
    call_id,
    output: `result ${index}`,
  }));
  const answer = await ask(results.toReversed(), { previous_response_id: whole.id, tools });
  assert.ok(["result 0", "result 1", "result 2"].every((result) => answer.output_text.includes(result)));
});

test("an answer by schema is parsed by the client's own helper, and goes on in its conversation", async () => {
  const city = z.object({ city: z.string(), people: z.number() });
  const text = { format: zodTextFormat(city, "city") };
  const rome = { city: "Rome", people: 3 };
  const parsed = await client.responses.parse({
    model: "haiku",
    input: `[[demo:tool StructuredOutput ${JSON.stringify(rome)}]]`,
    text,
  });
  assert.deepEqual(parsed.output_parsed, rome);
  const stream = client.responses.stream({
    model: "haiku",
    input: `[[demo:tool StructuredOutput ${JSON.stringify({ ...rome, people: 4 })}]]`,
    previous_response_id: parsed.id,
    text,
  });
  assert.deepEqual((await stream.finalResponse()).output_parsed, { ...rome, people: 4 });
});
