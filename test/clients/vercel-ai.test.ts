import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let gantry: Gantry;
before(async () => {
  gantry = await startGantry();
});
after(() => gantry.stop());

const modelOf = () =>
  createOpenAICompatible({ name: "gantry", baseURL: `${gantry.url}/v1`, apiKey: gantry.key, includeUsage: true })(
    "haiku",
  );

test("a text is generated", async () => {
  const { text, usage, finishReason } = await generateText({ model: modelOf(), prompt: "[[demo:say Hello.]]" });
  assert.equal(text, "Hello.");
  assert.equal(finishReason, "stop");
  assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 0) > 0);
});

test("a text is streamed", async () => {
  const { textStream } = streamText({ model: modelOf(), prompt: "[[demo:tokens 20]]" });
  const pieces: string[] = [];
  for await (const piece of textStream) pieces.push(piece);
  assert.ok(pieces.length > 1);
});
