import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import OpenAI, { APIConnectionError, AzureOpenAI } from "openai";
import type { ChatCompletionCreateParams, ChatCompletionMessageParam } from "openai/resources";
import { sampleAnswers } from "../fixtures/openai-responses/sample-answers.ts";
import { startOpenAiUpstream, type OpenAiUpstreamOptions } from "./openai-upstream.ts";
import { toEventText, toStreamEvents } from "./responses-stream.ts";
import type { SaidAnswer } from "./upstream-answer.ts";

const key = "sk-upstream";
const messages = [{ role: "user", content: "hi" }] as const;
const tools = ["Read", "Bash"].map((name) => ({ type: "function" as const, function: { name, parameters: {} } }));

async function start(context: TestContext, options: OpenAiUpstreamOptions = {}) {
  const upstream = await startOpenAiUpstream({ keys: [key], ...options });
  context.after(() => upstream.stop());
  const client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: key, maxRetries: 0 });
  const ask = (more: Partial<ChatCompletionCreateParams> = {}) =>
    client.chat.completions.create({ model: "gpt-test", messages: [...messages], ...more, stream: false });
  const stream = (more: Partial<ChatCompletionCreateParams> = {}) =>
    client.chat.completions.stream({
      model: "gpt-test",
      messages: [...messages],
      stream_options: { include_usage: true },
      ...more,
      stream: true,
    });
  return { upstream, client, ask, stream };
}

const answer: SaidAnswer = {
  text: "Ünïcödé 👩‍🚀 text.",
  toolCalls: [
    { name: "Read", arguments: { file_path: "/a" } },
    { name: "Bash", arguments: { command: "ls 'ö'" }, id: "call_mine" },
  ],
  usage: { input: 100, cached: 64, output: 9 },
};
const called = [
  { id: "call_0_0", type: "function", function: { name: "Read", arguments: '{"file_path":"/a"}' } },
  { id: "call_mine", type: "function", function: { name: "Bash", arguments: '{"command":"ls \'ö\'"}' } },
];

test("the official client reads an answer as a whole, with its calls of tools and its usage", async (context) => {
  const { upstream, ask } = await start(context, { script: () => answer });
  const { choices, usage, model } = await ask({ tools });
  assert.equal(model, "gpt-test");
  assert.deepEqual([choices[0]?.message.content, choices[0]?.finish_reason], [answer.text, "tool_calls"]);
  assert.deepEqual(choices[0]?.message.tool_calls, called);
  assert.deepEqual([usage?.prompt_tokens, usage?.prompt_tokens_details?.cached_tokens], [100, 64]);
  assert.deepEqual(upstream.told, [{ index: 0, input: 100, cached: 64, output: 9 }]);
  assert.deepEqual(upstream.calls[0]?.body["messages"], messages);
  assert.equal(await upstream.calls[0]?.ended, "whole");
});

test("the official client puts a streamed answer together, calls side by side or in turns", async (context) => {
  const { stream, upstream } = await start(context);
  for (const interleaved of [false, true]) {
    upstream.answerWith(() => ({ ...answer, interleaved, pieceLength: 3 }));
    const { choices, usage } = await stream({ tools }).finalChatCompletion();
    assert.equal(choices[0]?.message.content, answer.text);
    const calls = choices[0]?.message.tool_calls?.map((call) => call.type === "function" && call.function);
    assert.deepEqual(
      calls?.map((call) => call && [call.name, call.arguments]),
      called.map(({ function: { name, arguments: written } }) => [name, written]),
    );
    assert.equal(usage?.completion_tokens, 9);
  }
  assert.equal(upstream.told.length, 2);
});

test("usage is told in a stream only where it is asked for", async (context) => {
  const { upstream, stream } = await start(context, { script: () => answer });
  const { usage } = await stream({ tools, stream_options: null }).finalChatCompletion();
  assert.equal(usage, undefined);
  assert.deepEqual(upstream.told, []);
});

test("the official client reads the Responses API, streamed and as a whole", async (context) => {
  const { client, upstream } = await start(context, { script: () => ({ ...answer, thinking: "Hm." }) });
  const body = { model: "gpt-test", input: "hi" };
  const whole = await client.responses.create(body);
  const streamed = await client.responses.stream(body).finalResponse();
  for (const { output, output_text, usage } of [whole, streamed]) {
    assert.equal(output_text, answer.text);
    const calls = output.flatMap((item) => (item.type === "function_call" ? [[item.name, item.arguments]] : []));
    assert.deepEqual(
      calls,
      called.map(({ function: { name, arguments: written } }) => [name, written]),
    );
    assert.deepEqual([usage?.input_tokens, usage?.input_tokens_details.cached_tokens], [100, 64]);
  }
  assert.equal(upstream.told.length, 2);
});

for (const [name, sample] of Object.entries(sampleAnswers)) {
  test(`the official client takes the sample stream ${name} for an answer`, async (context) => {
    const raw = toEventText(toStreamEvents(sample, 9));
    const { client } = await start(context, { script: () => ({ raw }) });
    const { status, output } = await client.responses.stream({ model: "gpt-test", input: "hi" }).finalResponse();
    assert.equal(status, sample.status);
    assert.deepEqual(
      output.map(({ type }) => type),
      sample.output.map(({ type }) => type),
    );
  });
}

test("Azure's client reaches a deployment with its own key and version", async (context) => {
  const { upstream } = await start(context, { script: () => ({ text: "from Azure" }) });
  const settings = { endpoint: upstream.url, deployment: "my gpt", apiVersion: "2024-10-21", maxRetries: 0 };
  const ask = (apiKey: string) =>
    new AzureOpenAI({ ...settings, apiKey }).chat.completions.create({ model: "", messages: [...messages] });
  assert.equal((await ask(key)).choices[0]?.message.content, "from Azure");
  const [call] = upstream.calls;
  assert.equal(call?.deployment, "my gpt");
  assert.equal(call?.url, "/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21");
  assert.equal(call?.headers["api-key"], key);
  await assert.rejects(ask("wrong"), OpenAI.AuthenticationError);
});

test("errors come with their status, code and headers", async (context) => {
  const { ask } = await start(context, {
    script: () => ({ status: 429, code: "rate_limit_exceeded", headers: { "retry-after": "7" } }),
  });
  await assert.rejects(ask(), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.deepEqual([error.code, error.headers.get("retry-after")], ["rate_limit_exceeded", "7"]);
    return true;
  });
});

test("it refuses what OpenAI's own server refuses, unless it is lenient", async (context) => {
  const strict = await start(context);
  const lenient = await start(context, { lenient: true });
  const call = { id: "a", type: "function", function: { name: "Read", arguments: "{}" } } as const;
  const wrong: readonly Partial<ChatCompletionCreateParams>[] = [
    { top_k: 5 } as object,
    { tool_choice: "auto" },
    { stream_options: { include_usage: true } },
    { messages: [...messages, { role: "assistant", tool_calls: [call] }] },
    { messages: [...messages, { role: "tool", tool_call_id: "a", content: "x" }] },
    { messages: [] },
  ];
  for (const more of wrong) {
    await assert.rejects(strict.ask(more), OpenAI.BadRequestError, JSON.stringify(more));
    assert.equal((await lenient.ask(more)).choices[0]?.message.content, "ok");
  }
  const paired: ChatCompletionMessageParam[] = [
    { role: "assistant", tool_calls: [call] },
    { role: "tool", tool_call_id: "a", content: "x" },
  ];
  assert.equal((await strict.ask({ messages: [...messages, ...paired], tools })).choices[0]?.message.content, "ok");
});

test("a wrong key and a wrong address are refused, and the models are listed", async (context) => {
  const { upstream, client } = await start(context, { models: ["a", "b"] });
  const listed: string[] = [];
  for await (const { id } of client.models.list()) listed.push(id);
  assert.deepEqual(listed, ["a", "b"]);
  await assert.rejects(client.withOptions({ apiKey: "wrong" }).models.list(), OpenAI.AuthenticationError);
  await assert.rejects(client.withOptions({ baseURL: upstream.url }).models.list(), OpenAI.NotFoundError);
});

test("an answer can be cut, as a whole and in the midst of its stream", async (context) => {
  const { ask, stream, upstream } = await start(context, { script: () => ({ ...answer, cutAfterEvents: 3 }) });
  await assert.rejects(ask({ tools }), APIConnectionError);
  let said = "";
  const reading = (async () => {
    for await (const { choices } of stream({ tools })) said += choices[0]?.delta.content ?? "";
  })();
  await assert.rejects(reading);
  assert.ok(said !== "" && answer.text?.startsWith(said));
  assert.deepEqual(await Promise.all(upstream.calls.map(({ ended }) => ended)), ["cut", "cut"]);
  assert.deepEqual(upstream.told, []);
});

test("an answer waits for its gate, and a caller that leaves meanwhile is noticed", async (context) => {
  const gate = Promise.withResolvers<void>();
  const hold = { until: gate.promise, afterEvents: 2 };
  const { stream, upstream } = await start(context, { script: () => ({ text: "one two", hold }) });
  const staying = stream();
  const leaving = stream();
  const left = assert.rejects(leaving.done());
  await upstream.untilCall(1);
  leaving.abort();
  await left;
  const ended = await Promise.race(upstream.calls.map(async (call, index) => `${index} ${await call.ended}`));
  assert.match(ended, /cut$/);
  gate.resolve();
  assert.equal(await staying.finalContent(), "one two");
});

test("garbage is sent byte for byte", async (context) => {
  const { upstream } = await start(context, { keys: [], script: () => ({ raw: "data: {\n\n", rawStatus: 207 }) });
  const response = await fetch(`${upstream.url}/v1/chat/completions`, { method: "POST", body: "{}" });
  assert.deepEqual([response.status, await response.text()], [207, "data: {\n\n"]);
});

test("what a script throws is told when the upstream stops", async () => {
  const upstream = await startOpenAiUpstream({
    script: () => {
      throw new Error("the script is wrong");
    },
  });
  await assert.rejects(fetch(`${upstream.url}/v1/chat/completions`, { method: "POST", body: "{}" }));
  await assert.rejects(upstream.stop(), (error) => {
    assert.ok(error instanceof AggregateError);
    assert.match(String(error.errors[0]), /the script is wrong/);
    return true;
  });
});
