import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ask, askStreamed, join, say, startDemoModel, textOf, toBody } from "./test-harness.ts";

const bash = { name: "Bash", input_schema: { type: "object" } };

test("say answers with exactly its text, streamed by words", async (context) => {
  const { url } = await startDemoModel(context);
  const text = 'Ünïcödé 👩‍🚀 "quotes" \\n\n\nnew line\u2028 [a[0]]';
  const answer = await say(url, `please [[demo:say ${text}]] now`);
  assert.equal(answer.text, text);
  assert.equal(answer.stopReason, "end_turn");
  assert.equal(answer.streamed.blocks.length, 1);
  assert.ok((answer.streamed.blocks[0]?.deltas ?? 0) > 3);
  assert.equal(answer.whole.usage.output_tokens, Math.ceil(Buffer.byteLength(text) / 4));
});

test("a streamed answer has the vendor's events in the vendor's order", async (context) => {
  const { url } = await startDemoModel(context);
  const events = await askStreamed(url, toBody("[[demo:think hm]] [[demo:say a b]]"));
  assert.deepEqual(
    events.map(({ type, index, delta }) =>
      [type, index, delta?.["type"]].filter((part) => part !== undefined).join(" "),
    ),
    [
      "message_start",
      "content_block_start 0",
      "ping",
      "content_block_delta 0 thinking_delta",
      "content_block_delta 0 signature_delta",
      "content_block_stop 0",
      "content_block_start 1",
      "content_block_delta 1 text_delta",
      "content_block_delta 1 text_delta",
      "content_block_stop 1",
      "message_delta",
      "message_stop",
    ],
  );
  const start = events[0]?.message;
  assert.deepEqual([start?.content, start?.stop_reason, start?.usage.output_tokens], [[], null, 1]);
  assert.equal(events.at(-2)?.usage?.output_tokens, Math.ceil("hma b".length / 4));
});

test("thinking comes before the text wherever it is asked for", async (context) => {
  const { url } = await startDemoModel(context);
  for (const prompt of ["[[demo:think deep thought]] [[demo:say x]]", "[[demo:say x]] [[demo:think deep thought]]"]) {
    const { whole, streamed } = await say(url, prompt);
    assert.deepEqual(
      streamed.blocks.map(({ type, text }) => [type, text]),
      [
        ["thinking", "deep thought"],
        ["text", "x"],
      ],
    );
    assert.equal(whole.content[0]?.["thinking"], "deep thought");
    assert.ok(whole.content[0]?.["signature"]);
  }
});

test("texts combine in order, whatever else stands between them", async (context) => {
  const { url } = await startDemoModel(context);
  const { text, stopReason } = await say(
    url,
    "[[demo:stop pause_turn]] [[demo:say a]] b [[demo:tokens 2]] [[demo:say c]]",
  );
  assert.equal(text, "atok1 tok2 c");
  assert.equal(stopReason, "pause_turn");
});

test("tokens streams that many deltas", async (context) => {
  const { url } = await startDemoModel(context);
  const { text, streamed } = await say(url, "[[demo:tokens 1000]]");
  assert.equal(streamed.blocks[0]?.deltas, 1_000);
  assert.ok(text.startsWith("tok1 tok2 ") && text.endsWith("tok1000 "));
  const none = await say(url, "[[demo:tokens 0]]");
  assert.deepEqual([none.whole.content, none.whole.usage.output_tokens], [[], 1]);
});

test("echo shows all that reached the model in one JSON object", async (context) => {
  const { url } = await startDemoModel(context);
  const data = Buffer.from("not really a picture");
  const settings = {
    max_tokens: 7,
    temperature: 0.5,
    top_p: 0.9,
    stop_sequences: ["STOP"],
    tool_choice: { type: "auto" },
    thinking: { type: "disabled" },
    metadata: { user_id: "u" },
  };
  const messages = [
    { role: "user", content: "plain STOP" },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "out" }] }] },
    { role: "system", content: [] },
    {
      role: "user",
      content: [
        { type: "text", text: "<system-reminder>date</system-reminder>" },
        { type: "image", source: { type: "base64", media_type: "image/png", data: data.toString("base64") } },
        { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
        { type: "text", text: "[[demo:echo]]", cache_control: { type: "ephemeral" } },
      ],
    },
    { role: "system", content: "environment" },
  ];
  const system = [
    { type: "text", text: "one" },
    { type: "text", text: "two" },
  ];
  const body = { model: "claude-haiku-5-5", messages, system, tools: [bash], ...settings };
  const whole = textOf(await ask(url, body));
  assert.equal(join(await askStreamed(url, body)).blocks[0]?.text, whole);
  const sha256 = createHash("sha256").update(data).digest("hex");
  assert.deepEqual(JSON.parse(whole), {
    system: "onetwo",
    system_blocks: ["one", "two"],
    messages: [
      { role: "user", text: "plain STOP", texts: ["plain STOP"] },
      {
        role: "assistant",
        text: "",
        texts: [],
        blocks: [{ index: 0, type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } }],
      },
      {
        role: "user",
        text: "",
        texts: [],
        blocks: [{ index: 0, type: "tool_result", tool_use_id: "t1", content: "out" }],
      },
      { role: "system", text: "", texts: [] },
      {
        role: "user",
        text: "<system-reminder>date</system-reminder>[[demo:echo]]",
        texts: ["<system-reminder>date</system-reminder>", "[[demo:echo]]"],
        blocks: [
          { index: 1, type: "image", source: "base64", media_type: "image/png", bytes: data.length, sha256 },
          { index: 2, type: "image", source: "url", url: "https://example.com/a.png" },
        ],
      },
      { role: "system", text: "environment", texts: ["environment"] },
    ],
    tools: ["Bash"],
    model: "claude-haiku-5-5",
    ...settings,
  });
});

test("a prompt without directives gets an honest answer", async (context) => {
  const { url } = await startDemoModel(context);
  const { text } = await say(url, "What is the capital of France?");
  for (const part of ["Gantry's demo model", "no real model", "ANTHROPIC_API_KEY", "[[demo:echo]]"]) {
    assert.ok(text.includes(part), part);
  }
  assert.equal(textOf(await ask(url, { model: "m", messages: [] })), text);
});

test("a call that is demanded is made by itself, and not again after its result", async (context) => {
  const { url } = await startDemoModel(context);
  const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const tools = [bash, { name: "look", input_schema: schema }];
  const first = { role: "user", content: "Where?" };
  for (const [choice, name, input] of [
    [{ type: "any" }, "Bash", {}],
    [{ type: "tool", name: "look" }, "look", { city: "demo" }],
  ] as const) {
    const body = { model: "m", max_tokens: 100, tools, tool_choice: choice };
    const { content } = await ask(url, { ...body, messages: [first] });
    assert.partialDeepStrictEqual(content, [{ type: "tool_use", name, input }]);
    const result = { type: "tool_result", tool_use_id: content[0]?.["id"], content: "there" };
    const told = await ask(url, {
      ...body,
      messages: [first, { role: "assistant", content }, { role: "user", content: [result] }],
    });
    assert.equal(textOf(told), "there");
  }
});

test("what cannot be read is answered with what is wrong", async (context) => {
  const { url } = await startDemoModel(context);
  assert.match((await say(url, "[[demo:nonsense 1]]")).text, /\[\[demo:nonsense 1\]\]: there is none so named/);
  assert.match((await say(url, "[[demo:say open")).text, /not closed/);
  assert.match((await say(url, "[[demo:tokens 60000]] [[demo:tokens 60000]]")).text, /at most 100000 tokens; 120000/);
  assert.match((await say(url, "[[demo:echo]]".repeat(33))).text, /at most 32 directives/);
});
