import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic, { APIError as AnthropicError } from "@anthropic-ai/sdk";
import OpenAI, { APIError as OpenAiError } from "openai";
import { type Admin, callApi, createAdmin, type MadeKey } from "../harness/admin.ts";
import { type ModelSource, toDemoSource, toScriptedSource } from "../harness/model-source.ts";
import { eventually } from "../harness/server-state.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";
import type { UpstreamAnswer } from "../harness/upstream-answer.ts";

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const usage = { input_tokens: 11, cache_read_input_tokens: 5, output_tokens: 1 };
const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage };
const begun =
  event("message_start", { message }) +
  event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
  event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Hello" } });
const chunk = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const spoken = chunk({ role: "assistant", content: "" }) + chunk({ content: "Hello" });

interface Broken {
  readonly raw: string;
  /** The connection ends without the end that HTTP has for a body. */
  readonly cut?: boolean;
  /** The stable code of the error, where it is not the upstream's own. */
  readonly code?: string;
}

/** Streams that go wrong, by the dialect of the upstream. */
const streams: Readonly<Record<"claude" | "gpt", Readonly<Record<string, Broken>>>> = {
  claude: {
    "is cut between two events": { raw: begun, cut: true },
    "is cut in the midst of an event": {
      raw: `${begun}event: content_block_delta\ndata: {"type":"content_bl`,
      cut: true,
    },
    "ends before its end": { raw: begun },
    "ends in the midst of an event": { raw: `${begun}event: content_block_delta\ndata: {"type":"cont` },
    "is no stream at all": { raw: "<html>\n\n<body>Bad gateway</body></html>" },
    "is empty": { raw: "" },
    "ends with an error of the upstream": {
      raw: begun + event("error", { error: { type: "overloaded_error", message: "Overloaded" } }),
    },
  },
  gpt: {
    "is cut between two events": { raw: spoken, cut: true },
    "is cut in the midst of an event": { raw: `${spoken}data: {"id":"c","choi`, cut: true },
    "ends before its end": { raw: spoken },
    "ends in the midst of an event": { raw: `${spoken}data: {"id":"c","cho` },
    "is no stream at all": { raw: "<html>\n\n<body>Bad gateway</body></html>" },
    "is empty": { raw: "" },
    "ends with an error of the upstream": {
      raw: `${spoken}data: {"error":{"message":"Overloaded","type":"server_error","code":null}}\n\n`,
    },
  },
};

const toBody = (model: string, content = "x") => ({
  model,
  max_tokens: 100_000,
  messages: [{ role: "user" as const, content }],
  stream: true as const,
});

describe("streams that do not come to their end", () => {
  let served: ServedModels;
  let admin: Admin;
  before(async () => {
    served = await startWithModels({
      models: [
        { model: "claude", to: ["anthropic/claude-haiku-5-5"], driver: "direct" },
        { model: "gpt", to: ["chat/gpt-test"] },
      ],
      env: { GANTRY_MIN_READY: "0" },
    });
    admin = createAdmin(served.gantry);
  });
  after(() => served.stop());

  /** How the answers to a key's only call stand in the books. */
  async function readBooks({ id }: MadeKey) {
    const budget = (await admin.listBudgets()).find(({ subjectId }) => subjectId === id);
    const rows = await admin.listUsage({ key_id: id });
    assert.equal(rows.length, 1, "it is billed once");
    assert.equal(budget?.reserved, 0, "nothing stays reserved");
    assert.ok(rows[0] && budget);
    return { row: rows[0], spent: budget.spent };
  }

  async function makeKey(limit: number): Promise<MadeKey> {
    const key = await admin.createKey();
    await admin.createBudget({ subject: "key", subjectId: key.id, limit });
    return key;
  }

  /** What each client's program comes to see of a stream. */
  const callers = {
    messages: {
      async read(key: MadeKey, model: string, content?: string) {
        const client = new Anthropic({ baseURL: key.url, apiKey: key.key, maxRetries: 0 });
        for await (const { type } of await client.messages.create(toBody(model, content)))
          assert.notEqual(type, "message_stop");
      },
      codeOf: (error: unknown) => (error instanceof AnthropicError ? error.errorCode : undefined),
      path: "/v1/messages",
      error: /^event: error$/gm,
    },
    chat: {
      async read(key: MadeKey, model: string, content?: string) {
        const client = new OpenAI({ baseURL: `${key.url}/v1`, apiKey: key.key, maxRetries: 0 });
        for await (const { choices } of await client.chat.completions.create(toBody(model, content))) {
          assert.equal(choices[0]?.finish_reason ?? null, null);
        }
      },
      codeOf: (error: unknown) => (error instanceof OpenAiError ? error.code : undefined),
      path: "/v1/chat/completions",
      error: /^data: \{"error"/gm,
    },
  };

  function answerWith(model: string, { raw, cut = false }: Broken): void {
    if (model === "gpt") {
      served.scripted.answerWith((): UpstreamAnswer => ({ raw, cut }));
      return;
    }
    served.demo.answerWith((_call, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (!cut) return void response.end(raw);
      response.write(raw);
      response.socket?.destroySoon();
    });
  }

  for (const [caller, { read, codeOf, path, error: pattern }] of Object.entries(callers)) {
    for (const [model, broken] of Object.entries(streams)) {
      for (const [what, stream] of Object.entries(broken)) {
        test(`${caller} over ${model}: one that ${what} is one error and is booked`, async () => {
          answerWith(model, stream);
          const key = await makeKey(1_000_000);
          await assert.rejects(read(key, model), (error) => {
            assert.ok(codeOf(error) !== undefined, String(error));
            return true;
          });
          const { row, spent } = await readBooks(key);
          assert.equal(row.outcome, "failed");
          const isBegun = /Hello/.test(stream.raw);
          assert.equal(spent > 0, isBegun, "what came is paid for");

          const { status, raw } = await callApi(await makeKey(1_000_000), "POST", path, toBody(model));
          assert.equal(status, 200, raw);
          assert.equal(raw.match(pattern)?.length, 1, raw);
          assert.doesNotMatch(raw, /message_stop|\[DONE\]/);
        });
      }
    }
  }

  describe("by no fault of the upstream", () => {
    let sources: Readonly<Record<string, ModelSource>>;
    before(() => {
      served.demo.answerWith();
      sources = { claude: toDemoSource(served.demo), gpt: toScriptedSource(served.scripted) };
    });

    for (const [caller, { read, codeOf, path, error: pattern }] of Object.entries(callers)) {
      for (const model of ["claude", "gpt"]) {
        test(`${caller} over ${model}: one whose budget ends is cut in its midst with one error, and is booked`, async () => {
          // Far more than the 4,096 tokens that are set aside at first, and then it would go on for ever.
          const forever = new Promise<never>(() => {});
          const text = "word ".repeat(8000);
          served.scripted.answerWith(() => ({ text, pieceLength: 1000, hold: { until: forever, afterEvents: 38 } }));
          const calls = sources[model]?.calls ?? 0;
          const key = await makeKey(6_000);
          await assert.rejects(read(key, model, "[[demo:hang 4000]]"), (error) => codeOf(error) === "budget_exceeded");
          const call = await sources[model]?.untilCall(calls);
          assert.equal(await call?.ended, "cut", "the upstream is hung up on");
          const { row, spent } = await readBooks(key);
          assert.equal(row.outcome, "budget_reached");
          // What came in one read on top of it was made, and is paid for.
          assert.ok(spent > 1000 && spent <= 6_000 + 16_384, String(spent));

          const { raw } = await callApi(await makeKey(6_000), "POST", path, toBody(model, "[[demo:hang 4000]]"));
          assert.equal(raw.match(pattern)?.length, 1);
        });

        test(`${caller} over ${model}: one whose client leaves is booked as cancelled`, async () => {
          const key = await makeKey(1_000_000);
          const source = sources[model];
          assert.ok(source);
          const body = toBody(model, source.plan({ never: "ends" }));
          const leaving = new AbortController();
          const response = await fetch(key.url + path, {
            method: "POST",
            headers: { authorization: `Bearer ${key.key}`, "content-type": "application/json" },
            body: JSON.stringify(body),
            signal: leaving.signal,
          });
          const decoder = new TextDecoder();
          let raw = "";
          await assert.rejects(async () => {
            for await (const bytes of response.body ?? []) {
              raw += decoder.decode(bytes);
              if (/word|tok1/.test(raw)) leaving.abort();
            }
          });
          assert.ok(leaving.signal.aborted, raw);
          await eventually(async () => (await admin.listUsage({ key_id: key.id })).length > 0, "it is booked");
          const { row, spent } = await readBooks(key);
          assert.equal(row.outcome, "cancelled");
          assert.ok(row.tokens.outputTokens > 0 && row.tokens.inputTokens > 0);
          assert.ok(spent > 0);
        });
      }
    }
  });
});
