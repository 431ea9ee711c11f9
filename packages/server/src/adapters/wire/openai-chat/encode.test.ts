import { test } from "node:test";
import assert from "node:assert/strict";
import OpenAI from "openai";
import { noUsage } from "@gantry/contracts/completion";
import { encodeChatCompletion, encodeFinishReason, type ChatAnswer } from "./encode.ts";

const answer: ChatAnswer = {
  id: "chatcmpl-1",
  created: 1_767_225_600,
  model: "claude-sonnet-5-5",
  text: "Paris",
  finishReason: "stop",
  usage: { inputTokens: 10, cacheReadTokens: 200, cacheWriteTokens: 3000, outputTokens: 7 },
};

test("an answer becomes a chat.completion object in its exact shape", () => {
  assert.deepEqual(encodeChatCompletion(answer), {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_767_225_600,
    model: "claude-sonnet-5-5",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Paris", refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: {
      prompt_tokens: 3210,
      completion_tokens: 7,
      total_tokens: 3217,
      prompt_tokens_details: { cached_tokens: 200, cache_write_tokens: 3000 },
    },
  });
});

test("thinking and a fingerprint appear only where there are some", () => {
  const encoded = encodeChatCompletion({ ...answer, thinking: "Hm.", systemFingerprint: "fp_1" });
  assert.deepEqual(encoded.choices[0].message, {
    role: "assistant",
    content: "Paris",
    refusal: null,
    reasoning_content: "Hm.",
  });
  assert.equal(encoded.system_fingerprint, "fp_1");
  assert.deepEqual(encodeChatCompletion({ ...answer, thinking: "" }), encodeChatCompletion(answer));
});

test("finish reasons are OpenAI's", () => {
  assert.equal(encodeFinishReason("stop"), "stop");
  assert.equal(encodeFinishReason("stop_sequence"), "stop");
  assert.equal(encodeFinishReason("length"), "length");
  assert.equal(encodeFinishReason("refusal"), "content_filter");
});

test("an answer of no text is an empty string", () => {
  assert.equal(encodeChatCompletion({ ...answer, text: "", usage: noUsage }).choices[0].message.content, "");
});

test("the official client gives the object back as it is", async () => {
  const body = encodeChatCompletion(answer);
  const client = new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1/v1", fetch: async () => Response.json(body) });
  const completion = await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] });
  assert.deepEqual(JSON.parse(JSON.stringify(completion)), body);
});
