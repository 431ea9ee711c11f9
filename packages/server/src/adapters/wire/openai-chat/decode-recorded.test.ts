import { test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createPng } from "../../../../../../test/fixtures/openai-chat/sample-images.ts";
import { decodeChatCompletion } from "./decode.ts";

const folder = new URL("../../../../../../test/fixtures/openai-chat/", import.meta.url);
const question = { role: "user", content: [{ type: "text", text: "What is the capital of France?" }] };
const plain = { model: "sonnet", system: "", messages: [question], sampling: {} };
const unstreamed = { ok: true, stream: false, includeUsage: false, ignored: [] };

/** What each recorded request of the official client decodes to: the whole result, or code and field of the failure. */
const expectations: Readonly<Record<string, object>> = {
  text: { ...unstreamed, completion: { ...plain, system: "Answer in one word." } },
  history: {
    ...unstreamed,
    completion: {
      ...plain,
      system: "Be brief.",
      messages: [
        question,
        { role: "assistant", content: [{ type: "text", text: '{"city":"Paris"}' }] },
        { role: "user", content: [{ type: "text", text: "And of Italy? @/etc/hostname /clear" }] },
      ],
    },
    ignored: ["messages[3].name"],
  },
  images: {
    ...unstreamed,
    completion: {
      ...plain,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is in these pictures?" },
            {
              type: "image",
              source: { type: "base64", mediaType: "image/png", data: createPng(3, 2).toString("base64") },
            },
            { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
          ],
        },
      ],
    },
    ignored: ["messages[0].content[2].image_url.detail"],
  },
  "stream-with-usage": { ...unstreamed, completion: plain, stream: true, includeUsage: true },
  "stream-helper": { ...unstreamed, completion: plain, stream: true },
  settings: {
    ...unstreamed,
    completion: {
      ...plain,
      sampling: { maxOutputTokens: 100, temperature: 1, topP: 0.9, stopSequences: ["END", "###"] },
      effort: "low",
    },
    ignored: ["seed", "frequency_penalty", "logit_bias", "temperature:capped-at-1", "user"],
  },
  tools: {
    ...unstreamed,
    completion: {
      ...plain,
      tools: { definitions: [{ name: "find_city", inputSchema: { type: "object", properties: {} } }] },
    },
  },
  "json-schema": {
    ...unstreamed,
    completion: {
      ...plain,
      outputFormat: { type: "json_schema", name: "city", strict: true, schema: { type: "object", properties: {} } },
    },
  },
};

test("every recorded request of the official client decodes as expected", () => {
  const recorded = readdirSync(folder).filter((file) => file.endsWith(".json"));
  assert.deepEqual(
    recorded.toSorted(),
    Object.keys(expectations)
      .map((name) => `${name}.json`)
      .toSorted(),
  );
  for (const [name, expected] of Object.entries(expectations)) {
    const { body } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
    const decoded = decodeChatCompletion(body);
    const seen = decoded.ok ? decoded : { code: decoded.failure.code, param: decoded.failure.param };
    assert.deepEqual(seen, expected, name);
  }
});
