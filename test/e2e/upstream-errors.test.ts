import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ErrorCode } from "@gantry/contracts/errors";
import OpenAI, { APIError } from "openai";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat } from "../harness/chat.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { askForEcho } from "../harness/echo.ts";
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

const { BadRequestError, RateLimitError, InternalServerError } = OpenAI;
/** The CLI may try once more. */
const retries = 1;

const errors: readonly UpstreamError[] = [
  { prompt: "[[demo:status 400]]", code: "upstream_rejected", thrown: BadRequestError },
  { prompt: "[[demo:status 401]]", code: "upstream_unauthorized", thrown: InternalServerError, calls: 1 },
  { prompt: "[[demo:status 403]]", code: "upstream_unauthorized", thrown: InternalServerError, calls: 1 },
  { prompt: "[[demo:status 404]]", code: "upstream_rejected", thrown: BadRequestError },
  { prompt: "[[demo:status 413]]", code: "context_too_long", thrown: BadRequestError },
  {
    prompt: "[[demo:status 429 7]]",
    code: "upstream_rate_limited",
    thrown: RateLimitError,
    retryAfter: [7, 10],
    calls: 1,
  },
  // With an API key the CLI calls a used-up plan a rate limit, and does not tell how long it lasts.
  { prompt: "[[demo:limit 60]]", code: "upstream_rate_limited", thrown: RateLimitError, retryAfter: [1, 1], calls: 1 },
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
          GANTRY_FIRST_BYTE_MS: "3000",
          GANTRY_SILENCE_MS: "3000",
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

    /** The next request is served, and nothing of any other shows in it. */
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
        assertChatError(await chat(gantry, toBody(prompt)), code);

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
        assert.equal(said, streamed.text);
        await assertServesOn();
      });
    }

    test("a refusal is an answer that says so, and costs one call", async () => {
      for (const stream of [false, true]) {
        const content = `[[demo:say I will not.]] [[demo:stop refusal]] ${stream ? "streamed" : "as a whole"}`;
        const reply = await ask(gantry, { ...toBody(content), stream });
        assert.equal(reply.finishReason, "content_filter");
        assert.equal(reply.text, "I will not.");
        assert.equal(countCalls(content), 1);
      }
      await assertServesOn();
    });
  });
}
