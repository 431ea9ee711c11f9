import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { createAdmin } from "../harness/admin.ts";
import { ask } from "../harness/chat.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

// What chat front ends ask besides chats: embeddings, and titles behind their users' backs.

let upstream: Server;
let gantry: Gantry;
/** What came to the upstream. */
const calls: { readonly url: string | undefined; readonly key: string | undefined; readonly body: string }[] = [];
const answer = {
  object: "list",
  data: [{ object: "embedding", index: 0, embedding: [0.5, -1] }],
  model: "embed-small",
  usage: { prompt_tokens: 3, total_tokens: 3 },
};

before(async () => {
  upstream = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ url: request.url, key: request.headers.authorization, body });
      const isBad = body.includes("bad");
      response.writeHead(isBad ? 400 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(isBad ? { error: { message: "no" } } : answer));
    });
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const { port } = upstream.address() as AddressInfo;
  const local = { kind: "openai-compatible", baseUrl: `http://127.0.0.1:${port}/v1`, keys: ["LOCAL_KEY"] };
  gantry = await startGantry({
    env: {
      LOCAL_KEY: "sk-local",
      GANTRY_UPSTREAMS: JSON.stringify({ local }),
      GANTRY_MODELS: JSON.stringify([{ model: "my-embed", to: ["local/embed-small"] }]),
    },
  });
});
after(async () => {
  await gantry.stop();
  upstream.close();
});

test("embeddings come from the upstream of their model, and are billed", async () => {
  const key = await createAdmin(gantry).createKey();
  const client = new OpenAI({ baseURL: `${gantry.url}/v1`, apiKey: key.key, maxRetries: 0 });
  const { data } = await client.embeddings.create({ model: "my-embed", input: "hello", encoding_format: "float" });
  assert.deepEqual(data[0]?.embedding, [0.5, -1]);
  assert.deepEqual(calls.at(-1), {
    url: "/v1/embeddings",
    key: "Bearer sk-local",
    body: '{"model":"embed-small","input":"hello","encoding_format":"float"}',
  });
  const [row] = await createAdmin(gantry).listUsage({ key_id: key.id });
  assert.deepEqual([row?.model, row?.tokens.inputTokens, row?.tokens.outputTokens], ["embed-small", 3, 0]);

  const send = async (body: object) => {
    const headers = { authorization: `Bearer ${key.key}`, "content-type": "application/json" };
    const response = await fetch(`${gantry.url}/v1/embeddings`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return [response.status, await response.text()] as const;
  };
  const bad = await send({ model: "my-embed", input: "bad" });
  assert.deepEqual(bad, [400, '{"error":{"message":"no"}}']);
  assert.equal((await send({ model: "haiku", input: "x" }))[0], 400);
  assert.equal((await send({ input: "x" }))[0], 400);
});

test("what a front end asks behind its user's back is answered by a cheap model", async () => {
  const title = "### Task:\nGenerate a title.\n### Output:\nJSON\n<chat_history>\nhello\n</chat_history>";
  const { completion } = await ask(gantry, { model: "opus", messages: [{ role: "user", content: title }] });
  assert.match(completion?.model ?? "", /haiku/);
  const typed = await ask(gantry, { model: "opus", messages: [{ role: "user", content: "### Task:\nWrite a poem." }] });
  assert.match(typed.completion?.model ?? "", /opus/);
});
