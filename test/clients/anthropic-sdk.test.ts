import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic, { APIUserAbortError, BadRequestError, InternalServerError, NotFoundError } from "@anthropic-ai/sdk";
import type { ContentBlockParam, Message, MessageParam, RawMessageStreamEvent } from "@anthropic-ai/sdk/resources";
import { drawPng } from "../harness/images.ts";
import { makeRun } from "../harness/make-run.ts";
import { type MessagesUpstream, startMessagesUpstream } from "../harness/messages-upstream.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let gantry: Gantry;
let demo: MessagesUpstream;
let client: Anthropic;
before(async () => {
  demo = await startMessagesUpstream();
  gantry = await startGantry({
    upstream: demo.url,
    env: { GANTRY_MODELS: JSON.stringify([{ model: "claude-haiku*", to: ["anthropic"], driver: "claude" }]) },
  });
  client = new Anthropic({ baseURL: gantry.url, apiKey: gantry.key, maxRetries: 0 });
});
after(async () => {
  await gantry.stop();
  await demo.stop();
});

const toRequest = (content: MessageParam["content"], more: object = {}) => ({
  model: "haiku",
  max_tokens: 5000,
  messages: [{ role: "user" as const, content }],
  ...more,
});
const textOf = ({ content }: Pick<Message, "content">): string =>
  content.map((block) => (block.type === "text" ? block.text : "")).join("");
const sentLast = (): string => demo.calls.at(-1)?.body.toString() ?? "";

test("a whole answer comes from the agent program, in the vendor's shape", async () => {
  const { data, response } = await client.messages
    .create(toRequest("[[demo:say Hello.]]", { system: [{ type: "text", text: "Be brief." }] }))
    .withResponse();
  assert.deepEqual(
    [data.type, data.role, data.stop_reason, textOf(data)],
    ["message", "assistant", "end_turn", "Hello."],
  );
  assert.match(data.id, /^msg_\w+$/);
  assert.match(data.model, /^claude-haiku/);
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = data.usage;
  assert.ok(
    input_tokens + (cache_creation_input_tokens ?? 0) + (cache_read_input_tokens ?? 0) > 0 && output_tokens > 0,
  );
  assert.equal(response.headers.get("x-gantry-driver"), "claude");
  assert.match(String(response.headers.get("x-gantry-usage-id")), /^req_/);
  assert.match(String(response.headers.get("x-gantry-process")), /^\w+/);
  assert.equal(response.headers.get("x-gantry-ignored"), null);
  assert.ok(sentLast().includes("Be brief.") && sentLast().includes("You are a Claude agent"));
});

test("a stream comes in pieces that make the whole, in the order of its events", async () => {
  const stream = client.messages.stream(toRequest("[[demo:tokens 20]]"));
  const events: RawMessageStreamEvent[] = [];
  const pieces: string[] = [];
  stream.on("streamEvent", (event) => events.push(event)).on("text", (piece) => pieces.push(piece));
  const message = await stream.finalMessage();
  assert.ok(pieces.length > 1);
  assert.equal(pieces.join(""), textOf(message));
  assert.equal(message.stop_reason, "end_turn");
  const order = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
  const block = ["content_block_start", "content_block_delta", "content_block_stop"];
  assert.deepEqual(order, ["message_start", ...block, "message_delta", "message_stop"]);
});

test("a conversation goes on, and a reminder in its midst keeps its place", async () => {
  const messages = [
    { role: "user", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: "[[demo:say three]]" },
    { role: "system", content: "Mind the gap." },
  ];
  // The newest role is in no type of this client's.
  const asked = { ...toRequest(""), messages: messages as MessageParam[] };
  const { data, response } = await client.messages.create(asked).withResponse();
  assert.equal(textOf(data), "three");
  assert.equal(response.headers.get("x-gantry-ignored"), "messages.system:as-reminder");
  assert.ok(sentLast().includes("<system-reminder>\\nMind the gap.\\n</system-reminder>"));
});

test("an image reaches the model, and a broken one is refused by its place", async () => {
  const toImage = (data: string): ContentBlockParam => ({
    type: "image",
    source: { type: "base64", media_type: "image/png", data },
  });
  const png = drawPng(8, 8).toString("base64");
  const text = { type: "text" as const, text: "[[demo:say A square.]]" };
  assert.equal(textOf(await client.messages.create(toRequest([toImage(png), text]))), "A square.");
  assert.ok(sentLast().includes(png));
  await assert.rejects(
    client.messages.create(toRequest([text, toImage(png.slice(0, 40))])),
    (error) => error instanceof BadRequestError && error.message.includes("messages.0.content.1.source.data"),
  );
});

test("an answer ends before a stop sequence, and is told which it was", async () => {
  const request = toRequest("[[demo:say one two END three]]", { stop_sequences: ["END"] });
  const message = await client.messages.create(request);
  assert.deepEqual([message.stop_reason, message.stop_sequence], ["stop_sequence", "END"]);
  assert.equal(textOf(message).trim(), "one two");
});

test("what is not honoured is named", async () => {
  const { response } = await client.messages
    .create(
      toRequest("[[demo:say ok]]", {
        top_k: 5,
        metadata: { user_id: "me" },
        container: "c",
        cache_control: { type: "ephemeral" },
      }),
      { headers: { "anthropic-beta": "skills-2025-10-02,structured-outputs-2025-11-13" } },
    )
    .withResponse();
  assert.deepEqual(response.headers.get("x-gantry-ignored")?.split(", ").toSorted(), [
    "anthropic-beta.skills-2025-10-02",
    "container",
    "metadata.user_id",
    "top_k",
  ]);
});

test("errors are of the client's own kinds, before an answer and in its midst", async () => {
  const ask = (more: object) => client.messages.create(toRequest("[[demo:say ok]]", more));
  await assert.rejects(ask({ model: "haiku", max_tokens: 0 }), BadRequestError);
  await assert.rejects(client.messages.create({ ...toRequest("x"), model: "nothing" }, driven), NotFoundError);
  await assert.rejects(ask({ mcp_servers: [{ type: "url", url: "https://example.com", name: "x" }] }), BadRequestError);
  const prefill = [
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
  ];
  await assert.rejects(ask({ messages: prefill }), (error) => {
    assert.ok(error instanceof BadRequestError);
    assert.match(error.message, /unsupported_feature|prefill/);
    return true;
  });
  await assert.rejects(client.messages.create(toRequest("[[demo:status 500]]")), InternalServerError);
  const stream = client.messages.stream(toRequest("[[demo:tokens 50]] [[demo:drop]]"));
  await assert.rejects(stream.finalMessage(), Anthropic.APIError);
});

test("a client that leaves in mid-stream interrupts the turn", async () => {
  const index = demo.calls.length;
  const stream = client.messages.stream(toRequest("[[demo:tokens 5000]] [[demo:pace 20]]"));
  stream.once("text", () => stream.abort());
  await assert.rejects(stream.finalMessage(), APIUserAbortError);
  const call = await demo.untilCall(index);
  assert.equal(await call.ended, "cut");
});

/** The wish of one request. */
const driven = { headers: { "x-gantry-driver": "claude" } };

test("the road is the request's own wish, or else the route's, or the upstream's", async () => {
  const driverOf = async (model: string, more: object = {}, options = {}) => {
    const request = { ...toRequest("[[demo:say ok]]", more), model };
    const { data, response } = await client.messages.create(request, options).withResponse();
    assert.equal(textOf(data), "ok");
    assert.ok(!sentLast().includes('"gantry"'));
    return response.headers.get("x-gantry-driver");
  };
  assert.equal(await driverOf("haiku"), "claude");
  assert.equal(await driverOf("haiku", { gantry: { driver: "direct" } }), "direct");
  assert.equal(await driverOf("haiku", {}, { headers: { "x-gantry-driver": "direct" } }), "direct");
  assert.equal(await driverOf("sonnet"), "direct");
  assert.equal(await driverOf("sonnet", {}, driven), "claude");
  assert.equal(await driverOf("sonnet", { gantry: { driver: "claude" } }), "claude");
  for (const options of [{ headers: { "x-gantry-driver": "codex" } }, { body: { gantry: { driver: "codex" } } }]) {
    const { body = {}, ...headers } = options as { body?: object };
    await assert.rejects(client.messages.create(toRequest("x", body), headers), BadRequestError);
  }
});

test("a run's calls go to the upstream, whatever the route says", async () => {
  const run = await makeRun(gantry, undefined, { models: ["haiku"] });
  const outside = new Anthropic({ baseURL: gantry.url, apiKey: run.key, maxRetries: 0 });
  const { response } = await outside.messages.create(toRequest("[[demo:say ok]]")).withResponse();
  assert.equal(response.headers.get("x-gantry-driver"), "direct");
  await assert.rejects(outside.messages.create(toRequest("x"), driven), Anthropic.PermissionDeniedError);
});
