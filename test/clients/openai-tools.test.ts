import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI, { APIUserAbortError } from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import { z } from "zod";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

const model = "haiku";
let gantry: Gantry;
/** How warm the process of each answer was, in the order of the answers. */
const temperatures: (string | null)[] = [];
let client: OpenAI;

before(async () => {
  gantry = await startGantry();
  client = new OpenAI({
    baseURL: `${gantry.url}/v1`,
    apiKey: gantry.key,
    maxRetries: 0,
    fetch: async (...request) => {
      const response = await fetch(...request);
      temperatures.push(response.headers.get("x-gantry-process"));
      return response;
    },
  });
});
after(() => gantry.stop());

const parameters = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } };
const add: ChatCompletionTool = { type: "function", function: { name: "add", description: "Adds.", parameters } };
const now: ChatCompletionTool = { type: "function", function: { name: "now", parameters: { type: "object" } } };
const ask = (content: string): ChatCompletionMessageParam[] => [{ role: "user", content }];

function lastTemperatures(count: number): readonly (string | null)[] {
  return temperatures.slice(-count);
}

test("a call of a tool ends the answer, and its result is answered by the process that waits for it", async () => {
  const messages = ask('[[demo:say I add.]][[demo:tool add {"a":1,"b":2}]][[demo:say It is three.]]');
  const first = await client.chat.completions.create({ model, messages, tools: [add, now] });
  const [choice] = first.choices;
  assert.equal(choice?.finish_reason, "tool_calls");
  assert.equal(choice?.message.content, "I add.");
  const [call, ...more] = choice?.message.tool_calls ?? [];
  assert.ok(call?.type === "function" && more.length === 0);
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["add", { a: 1, b: 2 }]);
  assert.ok((first.usage?.prompt_tokens ?? 0) > 0 && (first.usage?.completion_tokens ?? 0) > 0);

  const told: ChatCompletionMessageParam[] = [
    ...messages,
    choice?.message ?? assert.fail(),
    { role: "tool", tool_call_id: call.id, content: "3" },
  ];
  const second = await client.chat.completions.create({ model, messages: told, tools: [add, now] });
  assert.equal(second.choices[0]?.message.content, "It is three.");
  assert.equal(second.choices[0]?.finish_reason, "stop");
  assert.deepEqual(lastTemperatures(1), ["same-conversation"]);
});

test("calls made together, one of them without arguments, are answered in any order", async () => {
  const messages = ask('[[demo:tools add {"a":1,"b":2} now add {"a":3,"b":4}]]');
  const { choices } = await client.chat.completions.create({ model, messages, tools: [add, now] });
  const message = choices[0]?.message ?? assert.fail();
  assert.equal(message.content, null);
  const calls = (message.tool_calls ?? []).filter((call) => call.type === "function");
  assert.deepEqual(
    calls.map(({ function: called }) => [called.name, JSON.parse(called.arguments)]),
    [
      ["add", { a: 1, b: 2 }],
      ["now", {}],
      ["add", { a: 3, b: 4 }],
    ],
  );
  const results = calls
    .map(({ id }, index) => ({ role: "tool" as const, tool_call_id: id, content: `result ${index}` }))
    .toReversed();
  const answer = await client.chat.completions.create({
    model,
    messages: [...messages, message, ...results],
    tools: [add, now],
  });
  assert.equal(answer.choices[0]?.message.content, "result 0\nresult 1\nresult 2");
});

test("a streamed call comes with its id and name first, then its arguments", async () => {
  const messages = ask('[[demo:say One moment.]][[demo:tools add {"a":1,"b":2} now]]');
  const stream = await client.chat.completions.create({
    model,
    messages,
    tools: [add, now],
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  const calls: { id: string | undefined; name: string | undefined; written: string }[] = [];
  const reasons: string[] = [];
  let usage: OpenAI.CompletionUsage | undefined;
  for await (const { choices, usage: told } of stream) {
    usage = told ?? usage;
    const [choice] = choices;
    text += choice?.delta.content ?? "";
    if (choice?.finish_reason) reasons.push(choice.finish_reason);
    for (const { index, id, function: called } of choice?.delta.tool_calls ?? []) {
      const known = calls[index];
      if (known === undefined) calls[index] = { id, name: called?.name, written: called?.arguments ?? "" };
      else known.written += called?.arguments ?? "";
    }
  }
  assert.equal(text, "One moment.");
  assert.deepEqual(
    calls.map(({ name, written }) => [name, JSON.parse(written)]),
    [
      ["add", { a: 1, b: 2 }],
      ["now", {}],
    ],
  );
  assert.ok(calls.every(({ id }) => id !== undefined && id !== ""));
  assert.deepEqual(reasons, ["tool_calls"]);
  assert.ok((usage?.completion_tokens ?? 0) > 0);
});

for (const stream of [false, true]) {
  test(`the runner works a loop of tools off, ${stream ? "streamed" : "whole"}`, async () => {
    const seen: unknown[] = [];
    const sum = zodFunction({
      name: "add",
      parameters: z.object({ a: z.number(), b: z.number() }),
      function: ({ a, b }) => {
        seen.push([a, b]);
        return String(a + b);
      },
    });
    const steps = [1, 2, 3].map((a) => `[[demo:tool add {"a":${a},"b":10}]]`).join("");
    const body = { model, messages: ask(`${steps}[[demo:say Added.]]`), tools: [sum] };
    const runner = stream
      ? client.chat.completions.runTools({ ...body, stream: true })
      : client.chat.completions.runTools(body);
    assert.equal(await runner.finalContent(), "Added.");
    assert.deepEqual(seen, [
      [1, 10],
      [2, 10],
      [3, 10],
    ]);
    assert.deepEqual(lastTemperatures(3), ["same-conversation", "same-conversation", "same-conversation"]);
  });
}

test("strict tools are parsed by the client", async () => {
  const tool = zodFunction({ name: "add", parameters: z.object({ a: z.number(), b: z.number() }) });
  const { choices } = await client.chat.completions.parse({
    model,
    messages: ask('[[demo:tool add {"a":1,"b":2}]]'),
    tools: [tool],
  });
  const [call] = choices[0]?.message.tool_calls ?? [];
  assert.ok(call?.type === "function");
  assert.deepEqual(call.function.parsed_arguments, { a: 1, b: 2 });
});

test("an answer in JSON is parsed by the client", async () => {
  const form = z.object({ name: z.string(), tags: z.array(z.enum(["a", "b"])) });
  const { choices } = await client.chat.completions.parse({
    model,
    messages: ask('[[demo:tool StructuredOutput {"name":"Ada","tags":["b"]}]]'),
    response_format: zodResponseFormat(form, "thing"),
  });
  assert.deepEqual(choices[0]?.message.parsed, { name: "Ada", tags: ["b"] });
});

test("a choice among the tools is kept to", async () => {
  const answer = async (more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) => {
    const body = { model, messages: ask("[[demo:echo]]"), tools: [add, now], ...more };
    const { choices } = await client.chat.completions.create(body);
    return JSON.parse(choices[0]?.message.content ?? "");
  };
  const namesOf = ({ tools }: { tools: readonly unknown[] }) =>
    tools.map((each) => (typeof each === "string" ? each : Reflect.get(Object(each), "name")));
  assert.deepEqual(namesOf(await answer({})), ["add", "now"]);
  const allowed = await answer({
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "now" } }] },
    },
  });
  assert.deepEqual(namesOf(allowed), ["now"]);
});

test("a client that leaves in the midst of a call costs the next one nothing", async () => {
  const leaving = new AbortController();
  const stream = await client.chat.completions.create(
    { model, messages: ask('[[demo:pace 20]][[demo:tool add {"a":1,"b":2}]]'), tools: [add], stream: true },
    { signal: leaving.signal },
  );
  await assert.rejects(
    async () => {
      for await (const { choices } of stream) {
        if (choices[0]?.delta.tool_calls !== undefined) leaving.abort();
      }
      leaving.signal.throwIfAborted();
    },
    (error) => error instanceof APIUserAbortError || leaving.signal.aborted,
  );
  const next = await client.chat.completions.create({ model, messages: ask("[[demo:tool now]]"), tools: [now] });
  assert.equal(next.choices[0]?.message.tool_calls?.length, 1);
});

test("a history with calls that another process made is gone on with", async () => {
  const messages: ChatCompletionMessageParam[] = [
    { role: "user", content: "What is one and two?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1,"b":2}' } }],
    },
    { role: "tool", tool_call_id: "call_1", content: "3" },
    { role: "assistant", content: "Three." },
    { role: "user", content: "[[demo:say And so on.]]" },
  ];
  const { choices } = await client.chat.completions.create({ model, messages, tools: [add] });
  assert.equal(choices[0]?.message.content, "And so on.");
});

test("a PDF reaches the model", async () => {
  const data = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n").toString("base64");
  const { choices } = await client.chat.completions.create({
    model,
    messages: [
      {
        role: "user",
        content: [
          { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${data}` } },
          { type: "text", text: "[[demo:echo]]" },
        ],
      },
    ],
  });
  assert.match(choices[0]?.message.content ?? "", /document/);
});
