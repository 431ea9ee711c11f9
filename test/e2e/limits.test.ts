import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { RateLimitError } from "openai";
import { type Admin, createAdmin } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatReply, type ChatTarget, readReply, sendChat } from "../harness/chat.ts";
import { eventually, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { type StorePlace, storePlaces } from "../harness/store-places.ts";

const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  messages: [{ role: "user", content }],
  ...more,
});
const hello = toBody("[[demo:say hello]]");
const endless = toBody("[[demo:hang 1]]", { stream: true });

const numberOf = ({ headers }: Pick<ChatReply, "headers">, name: string): number => Number(headers.get(name) ?? NaN);
const namesOf = ({ headers }: ChatReply): string[] => [...headers.keys()].filter((name) => name.includes("ratelimit"));

/** Milliseconds of a duration as OpenAI writes it: `250ms`, `1.5s`, `6m0s`. */
function readDuration(text: string | null): number {
  const [, minutes = "0", seconds = "0", ms = "0"] =
    /^(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(text ?? "no duration") ?? [];
  return Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(ms);
}

for (const { where, openPlace } of storePlaces) {
  describe(`limits of a key on ${where}`, () => {
    let place: StorePlace;
    let gantry: Gantry;
    let admin: Admin;
    /** What `hello` takes from a bucket of tokens before it runs. */
    let taken: number;
    before(async () => {
      place = await openPlace();
      gantry = await startGantry({ env: { ...place.env, GANTRY_MAX_PROCESSES: "4", GANTRY_MIN_READY: "0" } });
      admin = createAdmin(gantry);
      const probe = await ask(await admin.createKey({ limits: { tokensPerMinute: 1_000_000 } }), hello);
      taken = 1_000_000 - numberOf(probe, "x-ratelimit-remaining-tokens");
    });
    after(async () => {
      await gantry.stop();
      await place.close();
    });

    /** Begins an answer that ends only when the function it gives is called, which waits for its booking. */
    async function hold(target: ChatTarget): Promise<() => Promise<void>> {
      const leaving = new AbortController();
      const response = await sendChat(target, endless, { signal: leaving.signal });
      assert.equal(response.status, 200, "it is not answered");
      return async () => {
        leaving.abort();
        await assert.rejects(readReply(response), { name: "AbortError" });
      };
    }

    test("requests a minute are counted, told in both families of headers, and refused", async () => {
      const key = await admin.createKey({ limits: { requestsPerMinute: 3 } });
      for (const [index, stream] of [false, true, false].entries()) {
        const sentAt = Date.now();
        const reply = await ask(key, { ...hello, stream });
        const answeredAt = Date.now();
        assert.equal(numberOf(reply, "x-ratelimit-limit-requests"), 3);
        assert.equal(numberOf(reply, "x-ratelimit-remaining-requests"), 2 - index);
        assert.equal(numberOf(reply, "anthropic-ratelimit-requests-limit"), 3);
        assert.equal(numberOf(reply, "anthropic-ratelimit-requests-remaining"), 2 - index);
        const resetMs = readDuration(reply.headers.get("x-ratelimit-reset-requests"));
        assert.ok(resetMs > index * 20_000 && resetMs <= (index + 1) * 20_000, `${resetMs} ms`);
        const resetAt = reply.headers.get("anthropic-ratelimit-requests-reset") ?? "";
        assert.match(resetAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        const at = Date.parse(resetAt);
        assert.ok(at >= sentAt + resetMs && at <= answeredAt + resetMs + 1000, resetAt);
        assert.ok(namesOf(reply).every((name) => name.includes("requests")));
      }
      const refused = await chat(key, hello);
      assertChatError(refused, "rate_limited");
      assert.match(refused.error?.message ?? "", /3 requests a minute/);
      assert.equal(numberOf(refused, "x-ratelimit-remaining-requests"), 0);
      const waitMs = numberOf(refused, "retry-after-ms");
      assert.ok(waitMs > 0 && waitMs <= 20_000, `${waitMs} ms`);
      assert.equal(numberOf(refused, "retry-after"), Math.ceil(waitMs / 1000));
    });

    test("a key without limits has no such headers", async () => {
      assert.deepEqual(namesOf(await ask(await admin.createKey(), hello)), []);
    });

    test("tokens a minute are taken before the answer and put right by it", async () => {
      const limit = Math.round(taken * 1.5);
      const key = await admin.createKey({ limits: { tokensPerMinute: limit, requestsPerMinute: 5 } });
      // One after the other there is room for both: the first gives back what it did not use.
      for (let count = 0; count < 2; count += 1) await ask(key, hello);
      const release = await hold(key);
      const [first, second] = [await chat(key, hello), await chat(key, hello)];
      for (const reply of [first, second]) {
        assertChatError(reply, "rate_limited");
        assert.match(reply.error?.message ?? "", new RegExp(`${limit} tokens a minute`));
        assert.equal(numberOf(reply, "x-ratelimit-limit-tokens"), limit);
        assert.equal(numberOf(reply, "anthropic-ratelimit-tokens-limit"), limit);
        // The bucket holds the figure told and a part of a token: what is missing to it takes so long to flow in.
        const missing = taken - numberOf(reply, "x-ratelimit-remaining-tokens");
        const waitMs = numberOf(reply, "retry-after-ms");
        assert.ok(waitMs <= Math.ceil((missing * 60_000) / limit), `${waitMs} ms`);
        assert.ok(waitMs > ((missing - 1) * 60_000) / limit, `${waitMs} ms`);
        // Three requests were let in; the refused ones took nothing from the other bucket.
        assert.ok(numberOf(reply, "x-ratelimit-remaining-requests") >= 2);
      }
      await release();
      await eventually(async () => (await chat(key, hello)).status === 200, "what was held is given back");
    });

    test("so many requests of a key are open at one time, whatever its project's other keys do", async () => {
      const key = await admin.createKey({ limits: { concurrent: 2 } });
      const other = await admin.createKey();
      const releases = [await hold(key), await hold(key)];
      const refused = await chat(key, hello);
      assertChatError(refused, "concurrency_limited");
      assert.match(refused.error?.message ?? "", /\b2 requests\b/);
      assert.equal(numberOf(refused, "retry-after"), 1);
      assert.equal((await ask(other, hello)).text, "hello");
      await releases.pop()?.();
      await eventually(async () => (await chat(key, hello)).status === 200, "the place of the one that left is free");
      await releases.pop()?.();
      await untilBusy(gantry, 0);
    });

    test("a request that is refused later gives back the tokens it took", async () => {
      const limits = { tokensPerMinute: Math.round(taken * 1.5) };
      const poor = await admin.createKey({ limits });
      await admin.createBudget({ subject: "key", subjectId: poor.id, limit: 1 });
      const rejected = await admin.createKey({ limits });
      const busy = await admin.createKey({ limits: { tokensPerMinute: Math.round(taken * 2.5), concurrent: 1 } });
      const release = await hold(busy);
      for (let count = 0; count < 3; count += 1) {
        assertChatError(await chat(poor, hello), "budget_exceeded");
        assertChatError(await chat(rejected, toBody("[[demo:status 400]]")), "upstream_rejected");
        assertChatError(await chat(busy, hello), "concurrency_limited");
      }
      await release();
    });

    test("the official client sees a RateLimitError, or waits as long as it is told and is served", async () => {
      const statuses: number[] = [];
      const clientOf = ({ key }: ChatTarget, maxRetries: number) =>
        new OpenAI({
          baseURL: `${gantry.url}/v1`,
          apiKey: key,
          maxRetries,
          async fetch(input, init) {
            const response = await fetch(input, init);
            statuses.push(response.status);
            return response;
          },
        });
      const create = (client: OpenAI) =>
        client.chat.completions.create({ model: "haiku", messages: [{ role: "user", content: "[[demo:say hello]]" }] });

      const limited = await admin.createKey({ limits: { requestsPerMinute: 1 } });
      await create(clientOf(limited, 0));
      await assert.rejects(create(clientOf(limited, 0)), (error) => {
        assert.ok(error instanceof RateLimitError);
        assert.deepEqual([error.status, error.code], [429, "rate_limited"]);
        assert.ok(Number(error.headers.get("retry-after")) > 0);
        return true;
      });

      // Two at once are too many by what flows into the bucket within a second.
      const narrow = await admin.createKey({ limits: { tokensPerMinute: Math.round((2 * taken * 59) / 60) } });
      statuses.length = 0;
      await Promise.all([create(clientOf(narrow, 2)), create(clientOf(narrow, 2))]);
      assert.deepEqual(statuses.toSorted(), [200, 200, 429]);
    });
  });
}
