import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let gantry: Gantry;
before(async () => {
  gantry = await startGantry();
});
after(() => gantry.stop());

const chat = () =>
  new ChatOpenAI({ model: "haiku", apiKey: gantry.key, maxRetries: 0, configuration: { baseURL: `${gantry.url}/v1` } });

test("a chat model answers", async () => {
  const answer = await chat().invoke([new SystemMessage("Be brief."), new HumanMessage("[[demo:say Hello.]]")]);
  assert.equal(answer.content, "Hello.");
});

test("a chat model streams", async () => {
  let text = "";
  for await (const chunk of await chat().stream("[[demo:say Hello there.]]")) text += chunk.text;
  assert.equal(text, "Hello there.");
});
