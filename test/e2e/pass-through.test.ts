import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { createAdmin } from "../harness/admin.ts";
import type { MessagesCall } from "../harness/messages-upstream.ts";
import { serverKeys, type ServedModels, startWithModels } from "../harness/start-with-models.ts";

/** Valid JSON that no program writes in this way, with fields that nobody knows. */
const odd = (model: string): string =>
  `{ "new_field":{"b":1,"a":[1e400,1.0,-0,12345678901234567890]},\r\n\t"model" :  ${JSON.stringify(model)} ,"stream":false,` +
  `"messages":[{"role":"user","content":"h\\u00e9é \\/ \\ud83d\\udc4b \\"model\\":\\"my-claude\\" [[demo:say ok]]","later":null}],` +
  `"max_tokens":1e2, "":[], "metadata" :{"user_id":"u"} }\n\n`;

describe("a call that goes to an upstream of its own dialect", () => {
  let served: ServedModels;
  before(async () => {
    served = await startWithModels({
      models: [
        { model: "my-claude", to: ["anthropic/claude-haiku-5-5"] },
        { model: "other-*", to: ["second"] },
      ],
      upstreams: ({ demo }) => ({ second: { ...demo, keys: ["SECOND_KEY"] } }),
      env: { SECOND_KEY: "sk-of-the-second", GANTRY_LOG_LEVEL: "debug" },
    });
  });
  after(() => served.stop());

  const send = (body: string, headers: object = {}, path = "/v1/messages"): Promise<Response> =>
    fetch(served.gantry.url + path, {
      method: "POST",
      headers: { "x-api-key": served.gantry.key, "content-type": "application/json", ...headers },
      body,
    });
  const lastCall = (): MessagesCall => {
    const call = served.demo.requests.at(-1);
    assert.ok(call);
    return call;
  };

  test("arrives byte for byte, with its query", async () => {
    const body = odd("claude-haiku-5-5");
    const response = await send(body, {}, "/v1/messages?beta=true&x=%20");
    assert.equal(response.status, 200, await response.text());
    assert.equal(lastCall().body.toString(), body);
    assert.equal(lastCall().url, "/v1/messages?beta=true&x=%20");
  });

  test("has its model's name replaced under an alias, and nothing else", async () => {
    const admin = createAdmin(served.gantry);
    const project = await admin.createProject({ aliases: { "team-model": "claude-haiku-5-5" } });
    const { key } = await admin.createKey({ projectId: project.id });
    for (const [model, headers, known] of [
      ["my-claude", {}, "claude-haiku-5-5"],
      ["team-model", { "x-api-key": key }, "claude-haiku-5-5"],
      ["other-model", {}, "other-model"],
    ] as const) {
      const response = await send(odd(model), headers);
      assert.equal(response.status, 200, await response.text());
      assert.equal(lastCall().body.toString(), odd(known));
    }
  });

  test("is counted byte for byte as well", async () => {
    const response = await send(odd("my-claude"), {}, "/v1/messages/count_tokens?beta=true");
    const counted: unknown = JSON.parse(await response.text());
    assert.equal(lastCall().url, "/v1/messages/count_tokens?beta=true");
    assert.equal(lastCall().body.toString(), odd("claude-haiku-5-5"));
    assert.deepEqual(counted, JSON.parse(lastCall().answer));
  });

  test("arrives as the official client wrote it, with its betas", async () => {
    const sent: string[] = [];
    const client = new Anthropic({
      baseURL: served.gantry.url,
      apiKey: served.gantry.key,
      maxRetries: 0,
      fetch(input, init) {
        sent.push(String(init?.body));
        return fetch(input, init);
      },
    });
    const message = await client.beta.messages.create({
      model: "claude-haiku-5-5",
      max_tokens: 50,
      betas: ["one-2026-01-01", "two-2026-02-02"],
      messages: [{ role: "user", content: "[[demo:say ok]]" }],
    });
    assert.deepEqual(message.content, [{ type: "text", text: "ok" }]);
    assert.deepEqual([lastCall().body.toString()], sent);
    assert.equal(lastCall().headers["anthropic-beta"], "one-2026-01-01,two-2026-02-02");
    assert.match(String(lastCall().headers["x-stainless-lang"]), /^js$/);
  });

  test("keeps the headers that are the vendor's, and no other", async () => {
    const kept = {
      "anthropic-version": "2099-12-31",
      "anthropic-beta": "a-2025-01-01, b-2026-02-02",
      "user-agent": "a program/1.0",
      "x-app": "cli",
      "x-claude-code-session-id": "5a6f",
      "x-stainless-retry-count": "2",
      accept: "application/json",
    };
    const dropped = {
      cookie: "session=1",
      "x-forwarded-for": "10.1.2.3",
      "x-anything": "else",
      "openai-organization": "org",
      authorization: `Bearer ${served.gantry.key}`,
      "x-request-id": "mine",
    };
    const response = await send(odd("claude-haiku-5-5"), { ...kept, ...dropped, "x-api-key": "" });
    assert.equal(response.status, 200, await response.text());
    const { headers } = lastCall();
    assert.partialDeepStrictEqual(headers, { ...kept, "x-api-key": serverKeys.anthropic });
    for (const name of Object.keys(dropped)) assert.equal(headers[name], undefined, name);
  });

  for (const stream of [true, false]) {
    test(`gets ${stream ? "a stream" : "an answer"} back byte for byte, with what the upstream says of it`, async (context) => {
      const shown = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z",
        "anthropic-ratelimit-unified-status": "allowed_warning",
        "anthropic-organization-id": "org",
        "request-id": "req_of_the_vendor",
        "retry-after": "17",
      };
      const hidden = { "set-cookie": "a=b", server: "vendor", via: "1.1 vendor", "x-envoy-upstream": "1" };
      const usage = `"usage" :{"input_tokens":3,"output_tokens":1,"new":{}}`;
      const message = `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],${usage}}`;
      const pieces = stream
        ? [
            `: hello\n\nevent: message_start\r\ndata: {"type":"message_start","message":${message}}\r\n\r\n`,
            `event: from_the_future\ndata: {"type":"from_the_future" , "é":"\\u00e9"}\n\nevent: ping\ndata: {"type": "ping"}\n`,
            `\nevent: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},${usage}}\n\n`,
            `event: message_stop\ndata: {"type":"message_stop" }\n\n`,
          ]
        : [message.slice(0, 9), message.slice(9), "\n"];
      served.demo.answerWith((_call, response) => {
        const type = stream ? "text/event-stream" : "application/json";
        response.writeHead(200, { "content-type": type, ...shown, ...hidden });
        for (const piece of pieces) response.write(piece);
        response.end();
      });
      context.after(() => served.demo.answerWith());
      const response = await send(odd("claude-haiku-5-5").replace('"stream":false', `"stream":${stream}`));
      assert.equal(await response.text(), pieces.join(""));
      const headers = Object.fromEntries(response.headers);
      assert.partialDeepStrictEqual(headers, { ...shown, "x-gantry-upstream-request-id": "req_of_the_vendor" });
      assert.match(headers["x-request-id"] ?? "", /^req_[0-9a-f]{32}$/);
      for (const name of Object.keys(hidden)) assert.equal(headers[name], undefined, name);
    });
  }

  test("gets an error back byte for byte, and is told when to come again", async (context) => {
    const error = `{"type":"error", "error":{"type":"rate_limit_error","message":"é","more":1e400},"request_id":"req_of_the_vendor"}\n`;
    served.demo.answerWith((_call, response) => {
      response.writeHead(429, {
        "content-type": "application/json",
        "retry-after": "3600",
        "request-id": "req_of_the_vendor",
      });
      response.end(error);
    });
    context.after(() => served.demo.answerWith());
    const response = await send(odd("claude-haiku-5-5"));
    assert.equal(response.status, 429);
    assert.equal(await response.text(), error);
    assert.deepEqual(
      [response.headers.get("retry-after"), response.headers.get("request-id")],
      ["3600", "req_of_the_vendor"],
    );
  });

  test("shows no key to anyone: not the client's to an upstream, nor the server's to a client or a log", async () => {
    const replies: string[] = [];
    for (const [model, content] of [
      ["claude-haiku-5-5", "[[demo:echo]]"],
      ["claude-haiku-5-5", "[[demo:status 400]]"],
      ["gpt-test", "x"],
      ["other-model", "[[demo:status 401]]"],
    ]) {
      const response = await send(JSON.stringify({ model, max_tokens: 9, messages: [{ role: "user", content }] }));
      replies.push(`${JSON.stringify([...response.headers])}${await response.text()}`);
    }
    const seen = [
      ...served.demo.requests.map(({ url, headers, body }) => `${url}${JSON.stringify(headers)}${body.toString()}`),
      ...served.scripted.calls.map(({ url, headers, body }) => `${url}${JSON.stringify([headers, body])}`),
    ].join("\n");
    assert.ok(!seen.includes(served.gantry.key), "the client's key reached an upstream");
    for (const key of [serverKeys.anthropic, serverKeys.openai, "sk-of-the-second"]) {
      assert.ok(seen.includes(key), "it is used");
      assert.ok(!replies.join("\n").includes(key), "a key of the server reached a client");
      assert.ok(!`${served.gantry.stdout()}${served.gantry.stderr()}`.includes(key), "a key is in the log");
    }
    // No upstream gets the key of another.
    for (const { headers } of served.scripted.calls) assert.ok(!JSON.stringify(headers).includes(serverKeys.anthropic));
    for (const { headers } of served.demo.requests) assert.ok(!JSON.stringify(headers).includes(serverKeys.openai));
  });
});
