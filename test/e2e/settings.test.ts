import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type ChatBody } from "../harness/chat.ts";
import { assistant, user, type ClientMessage } from "../harness/conversation.ts";
import type { Echo } from "../harness/echo.ts";
import { forEachVersion, type VersionSuite } from "../harness/for-each-version.ts";
import { toEcho } from "../harness/watched-model.ts";

const prompt = user("[[demo:say ok]]");

/** The settings that reached the model, without the conversation and without what names the CLI's session. */
function settingsOf({ model, max_tokens, temperature, top_p, stop_sequences, thinking }: Echo) {
  // Without thinking 2.1.197 names the vendor's own default.
  return { model, max_tokens, temperature: temperature ?? 1, top_p, stop_sequences, thinking };
}

async function askWith(suite: VersionSuite, settings: ChatBody, messages: readonly ClientMessage[] = [prompt]) {
  const { text, headers } = await ask(suite.gantry, { model: "haiku", messages, ...settings });
  return {
    settings: settingsOf(toEcho(suite.model.calls().at(-1), suite.version)),
    temperature: headers.get("x-gantry-process"),
    /** The conversation with the answer and the next prompt. */
    grown: [...messages, assistant(text), prompt],
  };
}

/** What is asked, and what of it must reach the model besides the defaults. */
const requests: readonly { readonly asked: ChatBody; readonly reached: Partial<Echo> }[] = [
  { asked: { temperature: 0 }, reached: { temperature: 0 } },
  { asked: { temperature: 0.7, top_p: 0.3 }, reached: { temperature: 0.7, top_p: 0.3 } },
  { asked: { top_p: 0 }, reached: { top_p: 0 } },
  { asked: { temperature: 1.5 }, reached: { temperature: 1 } },
  { asked: { stop: "END" }, reached: { stop_sequences: ["END"] } },
  { asked: { stop: ["\n\nHuman:", '"', "ünï\0"] }, reached: { stop_sequences: ["\n\nHuman:", '"', "ünï\0"] } },
  { asked: { max_tokens: 17 }, reached: { max_tokens: 17 } },
  { asked: { max_completion_tokens: 5000, max_tokens: 6000 }, reached: { max_tokens: 5000 } },
];

// Room enough that a held conversation need not make way.
forEachVersion({ env: { GANTRY_MAX_PROCESSES: "8" } }, (suite) => {
  test("a setting of one turn is gone in the next turn on the process that holds the conversation", async () => {
    const { settings: fresh, ...first } = await askWith(suite, {});
    let grown: readonly ClientMessage[] = first.grown;
    for (const { asked } of requests) {
      const set = await askWith(suite, asked, grown);
      const next = await askWith(suite, {}, set.grown);
      assert.deepEqual([set.temperature, next.temperature], ["same-conversation", "same-conversation"]);
      assert.deepEqual(next.settings, fresh, `the turn after ${JSON.stringify(asked)}`);
      grown = next.grown;
    }
  });
});

// One process serves every turn, so whatever outlives its turn would be seen.
forEachVersion({ env: { GANTRY_MAX_PROCESSES: "1" } }, (suite) => {
  test("each setting reaches the model in its turn, and is gone in the next turn and the next conversation", async () => {
    const fresh = await askWith(suite, {});
    for (const { asked, reached } of requests) {
      const set = await askWith(suite, asked);
      // Sampling excludes thinking at the vendor, and a bound on the answer bounds the thinking.
      const { thinking: _thinking, ...others } = fresh.settings;
      const { thinking: _changed, ...seen } = set.settings;
      assert.deepEqual(seen, { ...others, ...reached }, JSON.stringify(asked));

      const next = await askWith(suite, {}, set.grown);
      assert.deepEqual(next.settings, fresh.settings, `the turn after ${JSON.stringify(asked)}`);

      const back = await askWith(suite, asked, next.grown);
      assert.deepEqual(back.settings, set.settings);
      const other = await askWith(suite, {});
      assert.deepEqual(other.settings, fresh.settings, `the conversation after ${JSON.stringify(asked)}`);
    }
  });

  test("all settings at once reach the model together, streamed or not, and go together", async () => {
    const fresh = await askWith(suite, {});
    const all = { temperature: 0.5, top_p: 0.9, stop: ["X"], max_tokens: 3000, stream: true };
    const set = await askWith(suite, all);
    const { temperature, top_p, stop_sequences, max_tokens } = set.settings;
    assert.deepEqual([temperature, top_p, stop_sequences, max_tokens], [0.5, 0.9, ["X"], 3000]);
    assert.deepEqual((await askWith(suite, { ...all, stream: false })).settings, set.settings);
    assert.deepEqual((await askWith(suite, {}, set.grown)).settings, fresh.settings);
  });

  test("settings at their neutral values change nothing", async () => {
    const fresh = await askWith(suite, {});
    const nothing = { temperature: null, top_p: null, stop: null, max_tokens: null, max_completion_tokens: null };
    for (const neutral of [nothing, { stop: [] }]) {
      assert.deepEqual((await askWith(suite, neutral)).settings, fresh.settings);
    }
  });

  test("a sampled turn runs without thinking, since the vendor refuses both together", async () => {
    assert.notEqual((await askWith(suite, {})).settings.thinking, undefined);
    for (const sampled of [{ temperature: 0.2 }, { top_p: 0.2 }]) {
      const { thinking } = (await askWith(suite, sampled)).settings;
      assert.ok(thinking === undefined || JSON.stringify(thinking) === '{"type":"disabled"}', JSON.stringify(thinking));
    }
  });

  test("the model is the one asked for in each turn, within one conversation too", async () => {
    let messages: readonly ClientMessage[] = [prompt];
    for (const model of ["haiku", "sonnet", "opus", "sonnet", "haiku"]) {
      const turn = await askWith(suite, { model }, messages);
      assert.match(turn.settings.model, new RegExp(model));
      const fresh = await askWith(suite, { model });
      assert.deepEqual(turn.settings, fresh.settings);
      messages = turn.grown;
    }
  });

  test("an answer that ends at a stop sequence is cut before it, and the conversation goes on", async () => {
    for (const stream of [false, true]) {
      const messages = [user("[[demo:say one STOP two]]")];
      const reply = await ask(suite.gantry, { model: "haiku", messages, stop: ["STOP"], stream });
      assert.deepEqual([reply.text, reply.finishReason], ["one ", "stop"]);
      const next = await askWith(suite, {}, [...messages, assistant(reply.text), prompt]);
      assert.equal(next.settings.stop_sequences, undefined);
    }
  });

  const messages = [user("[[demo:tokens 60]]")];
  /** The first seven tokens of the answer. */
  const cut = "tok1 tok2 tok3 tok4 tok5 tok";

  test("an answer cut at its bound finishes with length, costs at most one call more, and harms no later turn", async () => {
    const fresh = await askWith(suite, {});
    const whole = await ask(suite.gantry, { model: "haiku", messages });
    assert.equal(whole.finishReason, "stop");
    for (const stream of [false, true]) {
      const before = suite.model.arrived;
      // The CLI asks for the rest of its own accord. A model takes its time to answer that, so the interrupt is in time.
      const release = suite.model.holdBackAfter(1);
      const reply = await ask(suite.gantry, { model: "haiku", messages, max_tokens: 7, stream });
      assert.deepEqual([reply.text, reply.finishReason], [cut, "length"]);
      assert.ok(suite.model.arrived - before <= 2, `${suite.model.arrived - before} calls`);
      release();

      const next = await askWith(suite, {}, [...messages, assistant(reply.text), prompt]);
      assert.deepEqual(next.settings, fresh.settings);
      assert.equal((await ask(suite.gantry, { model: "haiku", messages })).text, whole.text);
    }
  });

  test("an answer cut at its bound is not continued by a model that answers the CLI's further calls at once", async () => {
    for (const stream of [false, true, false, true]) {
      const reply = await ask(suite.gantry, { model: "haiku", messages, max_tokens: 7, stream });
      assert.deepEqual([reply.text, reply.finishReason], [cut, "length"]);
    }
  });
});
