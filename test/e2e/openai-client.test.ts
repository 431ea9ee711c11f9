import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
  type ClientOptions,
} from "openai";
import type { ChatCompletionContentPart } from "openai/resources";
import { forEachVersion, type VersionSuite } from "../harness/for-each-version.ts";
import { drawPng, toDataUrl } from "../harness/images.ts";

const model = "haiku";
const prompt = (content: string | ChatCompletionContentPart[]) => [{ role: "user" as const, content }];

function clientOf({ gantry }: VersionSuite, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: `${gantry.url}/v1`, apiKey: gantry.key, maxRetries: 0, ...options });
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** The figures of an answer add up, and are those the demo model gives: four bytes of text to a token. */
function assertUsage(usage: OpenAI.CompletionUsage | null | undefined, text: string): void {
  assert.ok(usage);
  assert.equal(usage.completion_tokens, Math.ceil(Buffer.byteLength(text) / 4));
  assert.ok(usage.prompt_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

forEachVersion({}, (suite) => {
  test("a whole answer", async () => {
    const request = { model, messages: prompt("[[demo:say Hello there, ünïcode 👋.]]") };
    const { data, response } = await clientOf(suite).chat.completions.create(request).withResponse();
    const text = "Hello there, ünïcode 👋.";
    assert.deepEqual(data.choices, [
      { index: 0, message: { role: "assistant", content: text, refusal: null }, logprobs: null, finish_reason: "stop" },
    ]);
    assert.equal(data.object, "chat.completion");
    assert.match(data.id, /^chatcmpl-/);
    assert.match(data.model, /haiku/);
    assertUsage(data.usage, text);
    assert.match(response.headers.get("x-gantry-process") ?? "", /^(same-conversation|clean|spare|cold)$/);
    assert.ok(Number(response.headers.get("x-gantry-overhead-ms")) >= 0);
  });

  test("a streamed answer comes in pieces that make the whole, with one role and one finish reason", async () => {
    const stream = await clientOf(suite).chat.completions.create({
      model,
      messages: prompt("[[demo:tokens 20]]"),
      stream: true,
    });
    const chunks = await collect(stream);
    const choices = chunks.flatMap((chunk) => chunk.choices);
    const text = choices.map(({ delta }) => delta.content ?? "").join("");
    assert.equal(text, Array.from({ length: 20 }, (_, index) => `tok${index + 1} `).join(""));
    assert.ok(choices.filter(({ delta }) => delta.content).length > 1, "it came in pieces");
    assert.deepEqual(
      choices.flatMap(({ delta }) => delta.role ?? []),
      ["assistant"],
    );
    assert.deepEqual(
      choices.flatMap(({ finish_reason }) => finish_reason ?? []),
      ["stop"],
    );
    assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
    assert.ok(chunks.every(({ usage }) => usage === undefined || usage === null));
  });

  test("a streamed answer ends with its usage where that is asked for", async () => {
    const stream = await clientOf(suite).chat.completions.create({
      model,
      messages: prompt("[[demo:say 12345678]]"),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    const last = chunks.pop();
    assert.deepEqual(last?.choices, []);
    assertUsage(last?.usage, "12345678");
    assert.ok(chunks.every(({ usage }) => usage === null));
  });

  test("the stream helper puts the same answer together", async () => {
    const runner = clientOf(suite).chat.completions.stream({ model, messages: prompt("[[demo:say one two three]]") });
    const pieces: string[] = [];
    runner.on("content", (piece) => pieces.push(piece));
    const { choices } = await runner.finalChatCompletion();
    assert.equal(choices[0]?.message.content, "one two three");
    assert.equal(pieces.join(""), "one two three");
    assert.equal(choices[0]?.finish_reason, "stop");
  });

  test("what has no effect here is accepted and named in a header", async () => {
    const request = { model, messages: prompt("[[demo:say ok]]"), seed: 7, logit_bias: { "50256": -100 }, user: "me" };
    const { response } = await clientOf(suite).chat.completions.create(request).withResponse();
    const ignored = (response.headers.get("x-gantry-ignored") ?? "").split(", ");
    assert.deepEqual(ignored.toSorted(), ["logit_bias", "seed", "user"]);
  });

  test("the models are listed and found by alias and by id", async () => {
    const client = clientOf(suite);
    const names = (await collect(client.models.list())).map(({ id }) => id);
    for (const alias of ["haiku", "sonnet", "opus"]) assert.ok(names.includes(alias), alias);
    for (const name of names) {
      const found = await client.models.retrieve(name);
      assert.deepEqual([found.id, found.object], [name, "model"]);
    }
    await assert.rejects(client.models.retrieve("no-such-model"), NotFoundError);
  });

  test("errors arrive as the client's own classes, with the field and the code", async () => {
    const { chat } = clientOf(suite);
    const messages = prompt("[[demo:say ok]]");
    await assert.rejects(chat.completions.create({ model: "gpt-4o", messages }), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.deepEqual([error.code, error.param, error.type], ["model_not_found", "model", "invalid_request_error"]);
      return true;
    });
    await assert.rejects(chat.completions.create({ model, messages, temperature: 3 }), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.deepEqual([error.code, error.param], ["invalid_request", "temperature"]);
      return true;
    });
    await assert.rejects(chat.completions.create({ model, messages, n: 2, stream: true }), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.deepEqual([error.code, error.param], ["unsupported_feature", "n"]);
      return true;
    });
    const broken = [
      { type: "image_url" as const, image_url: { url: toDataUrl(drawPng(9, 9).subarray(0, 40), "image/png") } },
    ];
    await assert.rejects(chat.completions.create({ model, messages: prompt(broken) }), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.deepEqual([error.code, error.param], ["invalid_image", "messages[0].content[0].image_url.url"]);
      return true;
    });
    const limited = chat.completions.create({ model, messages: prompt("[[demo:status 429 7]]") });
    await assert.rejects(limited, (error) => {
      assert.ok(error instanceof RateLimitError);
      assert.equal(error.code, "upstream_rate_limited");
      assert.ok(Number(error.headers.get("retry-after")) >= 7, "the CLI may add to what its upstream asks for");
      return true;
    });
    const stranger = clientOf(suite, { apiKey: "not-the-key" });
    await assert.rejects(stranger.chat.completions.create({ model, messages }), AuthenticationError);
    await assert.rejects(stranger.models.list(), AuthenticationError);
  });

  test("the client may leave before the answer and in the midst of it, and the next answer is whole", async () => {
    const client = clientOf(suite);
    const early = new AbortController();
    const before = suite.model.arrived;
    const waiting = client.chat.completions.create(
      { model, messages: prompt("[[demo:hang]]") },
      { signal: early.signal },
    );
    await suite.model.untilArrived(before + 1);
    early.abort();
    await assert.rejects(waiting, APIUserAbortError);

    const messages = prompt("[[demo:hang 3]]");
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (text === "tok1 tok2 tok3 ") break;
    }
    const next = await client.chat.completions.create({ model, messages: prompt("[[demo:say whole]]") });
    assert.equal(next.choices[0]?.message.content, "whole");
  });
});
