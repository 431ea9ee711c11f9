import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ErrorCode } from "@gantry/contracts/errors";
import OpenAI, { APIError } from "openai";
import { createAdmin } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatReply } from "../harness/chat.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { askForEcho } from "../harness/echo.ts";
import { eventually } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { startWatchedModel, type WatchedModel } from "../harness/watched-model.ts";

interface UpstreamError {
  readonly prompt: string;
  readonly code: ErrorCode;
  /** What the official client throws. */
  readonly thrown: new (...args: never[]) => APIError;
  /** Seconds the client is asked to wait, from and to: the CLI adds something at random. Absent where it is not told. */
  readonly retryAfter?: readonly [number, number];
  /** Calls of the upstream; absent where the CLI tries other forms of the same call. */
  readonly calls?: number;
}

const { BadRequestError, NotFoundError, RateLimitError, InternalServerError } = OpenAI;
/** The CLI may try once more. */
const retries = 1;

const errors: readonly UpstreamError[] = [
  { prompt: "[[demo:status 400]]", code: "upstream_rejected", thrown: BadRequestError },
  { prompt: "[[demo:status 401]]", code: "upstream_unauthorized", thrown: InternalServerError, calls: 1 },
  { prompt: "[[demo:status 403]]", code: "upstream_unauthorized", thrown: InternalServerError, calls: 1 },
  { prompt: "[[demo:status 404]]", code: "model_not_found", thrown: NotFoundError },
  { prompt: "[[demo:status 413]]", code: "context_too_long", thrown: BadRequestError },
  {
    prompt: "[[demo:status 429 7]]",
    code: "upstream_rate_limited",
    thrown: RateLimitError,
    retryAfter: [7, 10],
    calls: 1,
  },
  // With an API key the CLI does not tell how long it lasts; under a subscription it does.
  { prompt: "[[demo:limit 60]]", code: "upstream_usage_limit", thrown: RateLimitError, calls: 1 },
  { prompt: "[[demo:status 500]]", code: "upstream_failed", thrown: InternalServerError, calls: 1 + retries },
  { prompt: "[[demo:status 529]]", code: "upstream_overloaded", thrown: InternalServerError, retryAfter: [1, 1] },
  { prompt: "[[demo:hang]]", code: "upstream_timeout", thrown: InternalServerError, calls: 1 },
];
/** Failures in the midst of an answer. */
const brokenAnswers: readonly { readonly prompt: string; readonly code: ErrorCode }[] = [
  { prompt: "[[demo:hang 3]]", code: "upstream_timeout" },
  // Paced, so that the CLI has read the first words when the connection goes.
  { prompt: "[[demo:tokens 5]] [[demo:pace 20]] [[demo:drop]]", code: "upstream_interrupted" },
];

for (const version of claudeVersions) {
  describe(`errors of the model's provider through Claude Code ${version}`, { concurrency: 4 }, () => {
    let model: WatchedModel;
    let gantry: Gantry;
    let client: OpenAI;
    before(async () => {
      model = await startWatchedModel();
      gantry = await startGantry({
        claude: version,
        upstream: model.url,
        env: {
          GANTRY_FIRST_BYTE_MS: "8000",
          GANTRY_SILENCE_MS: "8000",
          GANTRY_UPSTREAM_RETRIES: String(retries),
          GANTRY_MAX_PROCESSES: "6",
        },
      });
      client = new OpenAI({ baseURL: `${gantry.url}/v1`, apiKey: gantry.key, maxRetries: 0 });
    });
    after(async () => {
      await gantry.stop();
      await model.stop();
    });

    const toBody = (content: string) => ({ model: "haiku", messages: [{ role: "user" as const, content }] });

    const countCalls = (prompt: string): number =>
      model.calls().filter(({ body }) => JSON.stringify(body).includes(JSON.stringify(prompt).slice(1, -1))).length;

    /**
     * The next request is served, and nothing of any other shows in it. To be called after each failure: too many in a
     * row, and the upstream would be left alone.
     */
    async function assertServesOn(): Promise<void> {
      const { echo } = await askForEcho(gantry, version, toBody("and now [[demo:echo]]"));
      assert.deepEqual(echo.messages, [{ role: "user", texts: ["and now [[demo:echo]]"] }]);
    }

    for (const { prompt, code, thrown, retryAfter, calls } of errors) {
      test(`${prompt} is a ${code} of its own status, streamed or not`, async () => {
        for (const stream of [false, true]) {
          const content = `${prompt} ${stream ? "streamed" : "as a whole"}`;
          const reply = await chat(gantry, { ...toBody(content), stream });
          assertChatError(reply, code);
          assert.equal(reply.chunks.length, 0);
          const wait = reply.headers.get("retry-after");
          if (retryAfter === undefined) assert.equal(wait, null);
          else assert.ok(Number(wait) >= retryAfter[0] && Number(wait) <= retryAfter[1], `retry-after ${wait}`);
          if (calls !== undefined) assert.equal(countCalls(content), calls);
          await assertServesOn();
        }
        await assert.rejects(client.chat.completions.create({ ...toBody(prompt), stream: true }), (error) => {
          assert.ok(error instanceof thrown, `${error}`);
          assert.equal(error.code, code);
          return true;
        });
        await assertServesOn();
      });
    }

    for (const { prompt, code } of brokenAnswers) {
      test(`${prompt} is a ${code} within the stream, on which the official client throws`, async () => {
        const streamed = await chat(gantry, { ...toBody(prompt), stream: true });
        assertChatError(streamed, code);
        assert.equal(streamed.status, 200);
        assert.notEqual(streamed.text, "");
        await assertServesOn();
        assertChatError(await chat(gantry, toBody(prompt)), code);
        await assertServesOn();

        let said = "";
        const stream = await client.chat.completions.create({ ...toBody(prompt), stream: true });
        const reading = (async () => {
          for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? "";
        })();
        await assert.rejects(reading, (error) => {
          assert.ok(error instanceof APIError);
          assert.equal(error.code, code);
          return true;
        });
        // The words before the cut always come; those sent right with it may be lost with the connection.
        assert.ok(said.startsWith(streamed.text) || streamed.text.startsWith(said));
        await assertServesOn();
      });
    }

    test("a refusal is an answer that says so", async () => {
      for (const stream of [false, true]) {
        const content = `[[demo:say I will not.]] [[demo:stop refusal]] ${stream ? "streamed" : "as a whole"}`;
        const reply = await ask(gantry, { ...toBody(content), stream });
        assert.equal(reply.finishReason, "content_filter");
        assert.equal(reply.text, "I will not.");
        // 2.1.328 asks again after a refusal; the interrupt may come too late to prevent it.
        assert.ok(countCalls(content) <= (version === "2.1.328" ? 2 : 1));
      }
      await assertServesOn();
    });
  });
}

test("an upstream that fails again and again is left alone for a while, and then tried again", async () => {
  const model = await startWatchedModel();
  const gantry = await startGantry({ upstream: model.url, env: { GANTRY_UPSTREAM_RETRIES: "0" } });
  const toBody = (content: string) => ({ model: "haiku", messages: [{ role: "user", content }] });
  const fail = () => chat(gantry, toBody("[[demo:status 500]]"));
  try {
    const replies: ChatReply[] = [];
    while (replies.at(-1)?.error?.code !== "upstream_circuit_open" && replies.length < 20) replies.push(await fail());
    const [refused, ...failed] = replies.toReversed();
    assert.ok(refused !== undefined && failed.length > 1);
    for (const reply of failed) assertChatError(reply, "upstream_failed");
    assertChatError(refused, "upstream_circuit_open");
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.equal(model.arrived, failed.length, "the model was not asked");
    const rows = await createAdmin(gantry).listUsage();
    assert.equal(rows.length, failed.length, "what was refused is not billed");

    await eventually(async () => (await chat(gantry, toBody("[[demo:say ok]]"))).text === "ok", "it is tried again");
    assertChatError(await fail(), "upstream_failed");
    assert.equal((await ask(gantry, toBody("[[demo:say ok]]"))).text, "ok");
  } finally {
    await gantry.stop();
    await model.stop();
  }
});
