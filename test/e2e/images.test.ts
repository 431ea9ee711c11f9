import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import type { ChatCompletionContentPart } from "openai/resources";
import { readEcho } from "../harness/echo.ts";
import { forEachVersion, type VersionSuite } from "../harness/for-each-version.ts";
import { drawJpeg, drawPng, sha256, toDataUrl } from "../harness/images.ts";

const model = "haiku";
const prompt = (content: string | ChatCompletionContentPart[]) => [{ role: "user" as const, content }];

function clientOf({ gantry }: VersionSuite): OpenAI {
  return new OpenAI({ baseURL: `${gantry.url}/v1`, apiKey: gantry.key, maxRetries: 0 });
}

forEachVersion({}, (suite) => {
  test("images up to the CLI's bounds reach the model byte for byte, in their place among the texts", async () => {
    const images = [
      { mediaType: "image/png", image: drawPng(1, 1) },
      { mediaType: "image/png", image: drawPng(2000, 1800) },
      { mediaType: "image/png", image: drawPng(1000, 2000, 80) },
      { mediaType: "image/jpeg", image: drawJpeg(8, 8) },
      { mediaType: "image/jpeg", image: drawJpeg(1800, 2000) },
    ];
    const parts = images.flatMap(({ mediaType, image }): ChatCompletionContentPart[] => [
      { type: "text", text: mediaType },
      { type: "image_url", image_url: { url: toDataUrl(image, mediaType) } },
    ]);
    const request = { model, messages: prompt([...parts, { type: "text", text: "[[demo:echo]]" }]) };
    const { data, response } = await clientOf(suite).chat.completions.create(request).withResponse();
    assert.equal(response.headers.get("x-gantry-ignored"), null);

    const [message, ...others] = readEcho(data.choices[0]?.message.content ?? "", suite.version).messages;
    assert.deepEqual(others, []);
    assert.deepEqual(message?.texts, [...images.map(({ mediaType }) => mediaType), "[[demo:echo]]"]);
    const reached = message?.blocks ?? [];
    assert.deepEqual(
      reached.map(({ type, source, media_type, bytes, sha256: digest }) => ({
        type,
        source,
        media_type,
        bytes,
        digest,
      })),
      images.map(({ mediaType, image }) => ({
        type: "image",
        source: "base64",
        media_type: mediaType,
        bytes: image.length,
        digest: sha256(image),
      })),
    );
    const steps = reached.slice(1).map(({ index }, at) => index - (reached[at]?.index ?? 0));
    assert.deepEqual(steps, [2, 2, 2, 2], "a text stands between every two");
  });

  test("images in the history reach the model byte for byte, also when the conversation grows", async () => {
    const image = drawPng(64, 32, 32);
    const history = [
      ...prompt([
        { type: "image_url", image_url: { url: toDataUrl(image, "image/png"), detail: "auto" } },
        { type: "text", text: "What is it?" },
      ]),
      { role: "assistant" as const, content: "Noise." },
    ];
    const client = clientOf(suite);
    const first = await client.chat.completions.create({ model, messages: [...history, ...prompt("[[demo:echo]]")] });
    const answer = first.choices[0]?.message.content ?? "";
    const grown = [...history, ...prompt("[[demo:echo]]"), { role: "assistant" as const, content: answer }];
    const second = await client.chat.completions.create({ model, messages: [...grown, ...prompt("[[demo:echo]]")] });
    for (const completion of [first, second]) {
      const { messages } = readEcho(completion.choices[0]?.message.content ?? "", suite.version);
      assert.deepEqual(messages[0]?.texts, ["What is it?"]);
      assert.deepEqual(
        messages.flatMap(({ blocks = [] }) => blocks.map((block) => block.sha256)),
        [sha256(image)],
      );
    }
  });

  test("an image that the CLI will shrink is named in a header", async () => {
    for (const image of [drawPng(2001, 8), drawPng(1000, 1000, 175)]) {
      const content = [{ type: "image_url" as const, image_url: { url: toDataUrl(image, "image/png") } }];
      const messages = prompt([...content, { type: "text", text: "[[demo:echo]]" }]);
      const { data, response } = await clientOf(suite).chat.completions.create({ model, messages }).withResponse();
      assert.equal(response.headers.get("x-gantry-ignored"), "messages[0].content[0].image_url:resized");
      const { messages: reached } = readEcho(data.choices[0]?.message.content ?? "", suite.version);
      assert.notEqual(reached[0]?.blocks?.[0]?.sha256, sha256(image));
    }
  });
});
