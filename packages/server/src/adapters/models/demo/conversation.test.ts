import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, post, say, startDemoModel, textOf } from "./test-harness.ts";

const bash = { name: "Bash", input_schema: { type: "object" } };

test("the last user message decides, not an earlier one, the assistant or the system", async (context) => {
  const { url } = await startDemoModel(context);
  const messages = [
    { role: "user", content: "[[demo:say first]]" },
    { role: "assistant", content: "[[demo:say assistant]]" },
    {
      role: "user",
      content: [
        { type: "text", text: "<local-command-stdout>" },
        { type: "text", text: "[[demo:say last]]" },
      ],
    },
    { role: "system", content: "[[demo:say system]]" },
  ];
  assert.equal(textOf(await ask(url, { model: "m", messages, system: "[[demo:say system]]" })), "last");
});

test("a tool is called once, by its whole name or the end of it, and its result answered", async (context) => {
  const { url } = await startDemoModel(context);
  const tools = [{ name: "mcp__client__Bash" }, bash, { name: "mcp__client__look_up" }];
  const input = { command: "echo ]] {", n: [1] };
  const prompt = `[[demo:say calling]] [[demo:tool Bash ${JSON.stringify(input)}]] [[demo:tool look_up]]`;

  const { whole, streamed, stopReason } = await say(url, prompt, { tools });
  assert.equal(stopReason, "tool_use");
  const [, call] = whole.content;
  assert.deepEqual([textOf(whole), call?.["name"], call?.["input"]], ["calling", "Bash", input]);
  assert.deepEqual(JSON.parse(streamed.blocks[1]?.text ?? ""), input);

  const user = { role: "user", content: prompt };
  const called = (id: string, name: string) => ({
    role: "assistant",
    content: [{ type: "tool_use", id, name, input: {} }],
  });
  const result = (id: string, content: unknown, ...more: object[]) => ({
    role: "user",
    content: [{ type: "tool_result", tool_use_id: id, content }, ...more],
  });
  const reminder = { type: "text", text: "<system-reminder>be kind</system-reminder>" };
  const first = [user, called("t1", "Bash"), result("t1", "one", reminder), { role: "system", content: [] }];
  const second = await ask(url, { model: "m", messages: first, tools });
  assert.deepEqual(
    second.content.map(({ type, ...rest }) => [type, rest["name"]]),
    [["tool_use", "mcp__client__look_up"]],
  );

  const both = [...first, called("t2", "mcp__client__look_up"), result("t2", [{ type: "text", text: "two" }])];
  const last = await ask(url, { model: "m", messages: both, tools });
  assert.deepEqual([textOf(last), last.stop_reason], ["two", "end_turn"]);

  const afterwards = [...both, { role: "assistant", content: "two" }, { role: "user", content: "[[demo:tool Bash]]" }];
  assert.equal((await ask(url, { model: "m", messages: afterwards, tools })).stop_reason, "tool_use");
});

test("tools that are called at once stand in one answer, which goes on after all of their results", async (context) => {
  const { url } = await startDemoModel(context);
  const tools = [bash, { name: "mcp__client__look_up" }];
  const prompt = '[[demo:tools Bash {"command":"a"} look_up Bash {"command":"b"}]] [[demo:tool Bash]]';

  const { whole, streamed, stopReason } = await say(url, prompt, { tools });
  assert.equal(stopReason, "tool_use");
  const calls = whole.content.map(({ name, input }) => [name, input]);
  assert.deepEqual(calls, [
    ["Bash", { command: "a" }],
    ["mcp__client__look_up", {}],
    ["Bash", { command: "b" }],
  ]);
  assert.equal(new Set(whole.content.map(({ id }) => id)).size, 3);
  assert.deepEqual(
    streamed.blocks.map(({ text }) => JSON.parse(text)),
    calls.map(([, input]) => input),
  );

  const results = whole.content.map(({ id }, index) => ({
    type: "tool_result",
    tool_use_id: id,
    content: `r${index}`,
  }));
  const asked = [
    { role: "user", content: prompt },
    { role: "assistant", content: whole.content },
  ];
  const partly = [...asked, { role: "user", content: results.slice(0, 2) }];
  assert.equal((await ask(url, { model: "m", messages: partly, tools })).content.length, 3);
  const wholly = [...asked, { role: "user", content: results.toReversed() }];
  const next = await ask(url, { model: "m", messages: wholly, tools });
  assert.deepEqual(
    next.content.map(({ name }) => name),
    ["Bash"],
  );

  const told = await ask(url, {
    model: "m",
    messages: [{ role: "user", content: prompt.replace(" [[demo:tool Bash]]", "") }, ...wholly.slice(1)],
    tools,
  });
  assert.equal(textOf(told), "r2\nr1\nr0");
});

test("what stands behind a tool comes after its result", async (context) => {
  const { url } = await startDemoModel(context);
  const messages = [
    { role: "user", content: "[[demo:tool Bash]] [[demo:status 402]]" },
    { role: "assistant", content: [{ type: "tool_use", id: "t", name: "Bash", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t" }] },
  ];
  assert.equal((await post(url, { model: "m", messages: messages.slice(0, 1), tools: [bash] })).status, 200);
  const response = await post(url, { model: "m", messages, tools: [bash] });
  assert.equal(response.status, 402);
  await response.body?.cancel();
});

test("a tool that is not offered is named in the answer", async (context) => {
  const { url } = await startDemoModel(context);
  const { text, stopReason } = await say(url, "[[demo:tool Bash]]", { tools: [{ name: "Basher" }] });
  assert.match(text, /call Bash, .*Offered: Basher\./);
  assert.equal(stopReason, "end_turn");
});
