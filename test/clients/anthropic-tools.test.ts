import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import type { ContentBlockParam, MessageParam, Tool, ToolUseBlock } from "@anthropic-ai/sdk/resources";
import { z } from "zod";
import { drawPng } from "../harness/images.ts";
import { type MessagesUpstream, startMessagesUpstream } from "../harness/messages-upstream.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let gantry: Gantry;
let demo: MessagesUpstream;
let client: Anthropic;
before(async () => {
  demo = await startMessagesUpstream();
  gantry = await startGantry({ upstream: demo.url });
  // Every request of this client is answered by the agent program.
  const defaultHeaders = { "x-gantry-driver": "claude" };
  client = new Anthropic({ baseURL: gantry.url, apiKey: gantry.key, maxRetries: 0, defaultHeaders });
});
after(async () => {
  await gantry.stop();
  await demo.stop();
});

const model = "haiku";
const input_schema = { type: "object" as const, properties: { a: { type: "number" }, b: { type: "number" } } };
const tools: Tool[] = [
  { name: "add", description: "Adds.", input_schema, cache_control: { type: "ephemeral" } },
  { name: "now", input_schema: { type: "object" } },
];
const ask = (content: MessageParam["content"]): MessageParam[] => [{ role: "user", content }];
const toRequest = (messages: MessageParam[], more: object = {}) => ({ model, max_tokens: 5000, messages, ...more });
const usesOf = (content: readonly { readonly type: string }[]) =>
  content.filter((block): block is ToolUseBlock => block.type === "tool_use");
const sentLast = (): string => demo.calls.at(-1)?.body.toString() ?? "";
const textOf = (content: readonly object[]): string =>
  content.map((block) => ("text" in block && typeof block.text === "string" ? block.text : "")).join("");

test("calls made together are streamed in pieces, and the waiting process takes their results", async () => {
  const prompt = ask('[[demo:think Let me see.]][[demo:tools add {"a":1,"b":2} now]][[demo:say Done.]]');
  const stream = client.messages.stream(toRequest(prompt, { tools }));
  const pieces: string[] = [];
  stream.on("inputJson", (piece) => pieces.push(piece));
  const first = await stream.finalMessage();
  assert.equal(first.stop_reason, "tool_use");
  const uses = usesOf(first.content);
  assert.deepEqual(
    uses.map(({ name, input }) => [name, input]),
    [
      ["add", { a: 1, b: 2 }],
      ["now", {}],
    ],
  );
  assert.ok(pieces.length > 0);
  const [thought] = first.content;
  assert.ok(thought?.type === "thinking" && thought.thinking === "Let me see." && thought.signature !== "");

  const png = drawPng(8, 8).toString("base64");
  const image: ContentBlockParam = { type: "image", source: { type: "base64", media_type: "image/png", data: png } };
  const results = uses.map(({ id }, index) => ({
    type: "tool_result" as const,
    tool_use_id: id,
    is_error: index === 1,
    content: [{ type: "text" as const, text: `result ${index}` }, ...(index === 0 ? [image] : [])],
  }));
  const { data, response } = await client.messages
    .create(
      toRequest([...prompt, { role: "assistant", content: first.content }, { role: "user", content: results }], {
        tools,
      }),
    )
    .withResponse();
  assert.deepEqual([textOf(data.content), data.stop_reason], ["Done.", "end_turn"]);
  assert.equal(response.headers.get("x-gantry-process"), "same-conversation");
  assert.ok(sentLast().includes("result 0") && sentLast().includes(png));
});

test("the runner of tools calls a function of ours until the model is done", async () => {
  for (const stream of [false, true]) {
    const asked: number[] = [];
    const add = betaZodTool({
      name: "add",
      description: "Adds.",
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      run: ({ a, b }) => {
        asked.push(a);
        return String(a + b);
      },
    });
    const messages = ask('[[demo:tools add {"a":1,"b":2} add {"a":3,"b":4}]][[demo:say It is done.]]');
    const runner = client.beta.messages.toolRunner({ model, max_tokens: 5000, messages, tools: [add], stream });
    const last = await runner.runUntilDone();
    assert.equal(textOf(last.content), "It is done.");
    assert.deepEqual(asked, [1, 3]);
    assert.ok(sentLast().includes('"3"') || sentLast().includes('"text":"3"'));
  }
});

test("which tool is called, and how many at once, is the client's to say", async () => {
  const choose = async (tool_choice: object) => {
    await client.messages.create(toRequest(ask("[[demo:say ok]]"), { tools, tool_choice }));
    return sentLast();
  };
  assert.ok((await choose({ type: "tool", name: "add" })).includes('"tool_choice":{"type":"tool"'));
  assert.ok(
    (await choose({ type: "auto", disable_parallel_tool_use: true })).includes('"disable_parallel_tool_use":true'),
  );
  await choose({ type: "none" });
  await assert.rejects(choose({ type: "tool", name: "other" }), Anthropic.BadRequestError);
});

test("a document reaches the model, and one by a private address is refused", async () => {
  const data = Buffer.from("%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n").toString("base64");
  const pdf: ContentBlockParam = {
    type: "document",
    source: { type: "base64", media_type: "application/pdf", data },
    title: "May",
  };
  const text = { type: "text" as const, text: "[[demo:say Read.]]" };
  const { content } = await client.messages.create(toRequest(ask([pdf, text])));
  assert.equal(textOf(content), "Read.");
  assert.ok(sentLast().includes(data) && sentLast().includes('"application/pdf"'));
  const secret: ContentBlockParam = { type: "document", source: { type: "url", url: "https://10.0.0.1/a.pdf" } };
  await assert.rejects(client.messages.create(toRequest(ask([secret, text]))), Anthropic.BadRequestError);
});

test("thinking and effort are told to the model", async () => {
  const settings = { thinking: { type: "enabled", budget_tokens: 2000 }, output_config: { effort: "high" } };
  const { data, response } = await client.messages
    .create(toRequest(ask("[[demo:think Hm.]][[demo:say ok]]"), settings))
    .withResponse();
  const [thought, said] = data.content;
  assert.ok(thought?.type === "thinking" && thought.thinking === "Hm." && said?.type === "text");
  assert.ok(sentLast().includes('"effort":"high"'));
  assert.equal(response.headers.get("x-gantry-ignored"), null);

  const goneOn = [
    ...ask("[[demo:say a]]"),
    { role: "assistant" as const, content: data.content },
    ...ask("[[demo:say b]]"),
  ];
  assert.equal(textOf((await client.messages.create(toRequest(goneOn, settings))).content), "b");
  assert.ok(sentLast().includes(`"signature":${JSON.stringify(thought.signature)}`));
});

test("an answer by a schema comes as text that is JSON, and a schema that cannot work is refused", async () => {
  const asJson = (schema: object, prompt: string) =>
    client.messages.create(toRequest(ask(prompt), { output_config: { format: { type: "json_schema", schema } } }));
  const city = { name: "Paris", people: 2 };
  const schema = { type: "object", properties: { name: { type: "string" }, people: { type: "integer" } } };
  const { content, stop_reason } = await asJson(schema, `[[demo:tool StructuredOutput ${JSON.stringify(city)}]]`);
  assert.deepEqual([JSON.parse(textOf(content)), stop_reason], [city, "end_turn"]);
  const wrong = { type: "object", properties: { name: { type: "strung" } } };
  await assert.rejects(asJson(wrong, "x"), Anthropic.BadRequestError);
});
