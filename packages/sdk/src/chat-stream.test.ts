import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { ChatStreamEvent } from "./chat-stream.ts";
import { GantryError } from "./gantry-error.ts";
import { events, failure, json, startAnswers } from "./test-answers.ts";

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const usage = { prompt_tokens: 3, completion_tokens: 2 };
const figures = `data: ${JSON.stringify({ choices: [], usage, cost: 0.25 })}\n\n`;
const whole = `: upstream retry 1\n\n${chunk({ role: "assistant", content: "" })}${chunk({ reasoning_content: "Hm." })}${chunk({ content: "Pa" })}${chunk({ content: "ris" })}${chunk({}, "stop")}${figures}data: [DONE]\n\n`;

const isCode = (code: string) => (error: unknown) => error instanceof GantryError && error.code === code;

test("a stream gives thinking, text and the whole answer", async () => {
  await using server = await startAnswers([events(whole)]);
  const stream = server.gantry.chat.stream({ prompt: "x" });
  const seen: ChatStreamEvent[] = [];
  for await (const event of stream) seen.push(event);
  const answer = await stream.final;
  assert.deepEqual(seen, [
    { type: "thinking.delta", text: "Hm." },
    { type: "text.delta", text: "Pa" },
    { type: "text.delta", text: "ris" },
    { type: "answer.finished", answer },
  ]);
  assert.deepEqual([answer.text, answer.finishReason, answer.usage?.outputTokens], ["Paris", "stop", 2]);
  assert.equal(answer.cost, 0.25);
  assert.throws(() => stream[Symbol.asyncIterator](), isCode("invalid_argument"));
  const { stream: asked, stream_options: options } = JSON.parse(server.seen[0]?.body ?? "");
  assert.deepEqual([asked, options], [true, { include_usage: true }]);
});

test("pieces may be cut at any byte", async () => {
  const text = whole.replace("ris", "🜚 ris").replaceAll("\n", "\r\n");
  await using server = await startAnswers([
    (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const byte of Buffer.from(text)) response.write(Buffer.of(byte));
      response.end();
    },
  ]);
  assert.equal(await server.gantry.chat.stream({ prompt: "x" }).finalText, "Pa🜚 ris");
});

test("a stream that is not whole fails, and is never sent again once it has begun", async () => {
  const told = `data: ${JSON.stringify({ error: { message: "It broke.", code: "upstream_failed" } })}\n\n`;
  const broken = [
    ["connection_failed", events(chunk({ content: "Pa" }))],
    ["connection_failed", events(chunk({ content: "Pa" }), "cut")],
    ["connection_failed", events(`${chunk({ content: "Pa" })}data: [DONE]\n\n`)],
    ["upstream_failed", events(chunk({ content: "Pa" }) + told)],
    ["unexpected_answer", events("data: {\n\n")],
    ["unexpected_answer", events("data: 7\n\n")],
    ["unexpected_answer", events("data: {}\n\n")],
    ["unexpected_answer", json({ choices: [] })],
    ["connection_failed", events("")],
    ["timed_out", events(chunk({ content: "Pa" }), "hang")],
  ] as const;
  for (const [code, answer] of broken) {
    await using server = await startAnswers([answer], { idleTimeoutMs: 300 });
    const stream = server.gantry.chat.stream({ prompt: "x" });
    await assert.rejects(async () => {
      for await (const _ of stream) void _;
    }, isCode(code));
    await assert.rejects(stream.final, isCode(code));
    assert.equal(server.seen.length, 1);
  }
});

test("a stream that was refused before it began is asked for again", async () => {
  const again = failure("queue_full", 429, { "x-should-retry": "true", "retry-after-ms": "1" });
  await using server = await startAnswers([again, events(whole)]);
  assert.equal(await server.gantry.chat.stream({ prompt: "x" }).finalText, "Paris");
});

test("an abort, a signal and a loop that is left each close the connection", async () => {
  const sockets: Socket[] = [];
  const endless = (...[response, seen, socket]: Parameters<ReturnType<typeof events>>) => {
    sockets.push(socket);
    events(chunk({ content: "Pa" }), "hang")(response, seen, socket);
  };
  await using server = await startAnswers([endless]);
  const closed = async (): Promise<void> => {
    const socket = sockets.at(-1);
    if (socket?.destroyed === false) await once(socket, "close");
  };

  const aborted = server.gantry.chat.stream({ prompt: "x" });
  for await (const _ of aborted) aborted.abort();
  await closed();
  await assert.rejects(aborted.finalText, isCode("aborted"));

  const leaving = new AbortController();
  const signalled = server.gantry.chat.stream({ prompt: "x" }, { signal: leaving.signal });
  await assert.rejects(async () => {
    for await (const _ of signalled) leaving.abort();
  }, isCode("aborted"));
  await closed();

  const left = server.gantry.chat.stream({ prompt: "x" });
  for await (const _ of left) break;
  await closed();
  await assert.rejects(left.final, isCode("aborted"));

  const unread = server.gantry.chat.stream({ prompt: "x" });
  unread.abort();
  await assert.rejects(unread.final, isCode("aborted"));
  assert.equal(sockets.length, 3);
});

test("a chat takes messages or a prompt, never both or neither", async () => {
  await using server = await startAnswers([events(whole)]);
  await assert.rejects(server.gantry.chat({}), isCode("invalid_argument"));
  assert.throws(() => server.gantry.chat.stream({ prompt: "x", messages: [] }), isCode("invalid_argument"));
  assert.equal(server.seen.length, 0);
});
