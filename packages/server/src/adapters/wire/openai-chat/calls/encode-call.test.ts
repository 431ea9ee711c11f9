import { test } from "node:test";
import assert from "node:assert/strict";
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";
import type { CallEffort } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import { encodeCall } from "./encode-call.ts";
import { azureManner, compatibleManner, openAiManner, type ServerManner } from "./server-manner.ts";

const plain: ModelCall = {
  model: "claude-sonnet-5-5",
  system: [],
  messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
  stream: false,
};
const messages = [{ role: "user", content: "Hi" }];
const look = { name: "look", description: "Looks.", inputSchema: { type: "object", properties: { at: {} } } };

function encode(extra: Partial<ModelCall>, manner: ServerManner = openAiManner, model = "gpt-5.2") {
  const encoded = encodeCall({ ...plain, ...extra }, model, manner);
  if (!encoded.ok) throw new Error(encoded.failure.message);
  return { body: encoded.body, ignored: encoded.ignored };
}
const bodyOf = (extra: Partial<ModelCall>, manner?: ServerManner) => encode(extra, manner).body;

test("a call in which nothing is said beyond its messages says nothing more", () => {
  assert.deepEqual(encode({}), { body: { model: "gpt-5.2", messages, stream: false }, ignored: [] });
});

test("the settings of a call reach an OpenAI server under its names", () => {
  const { body, ignored } = encode({
    tools: [look, { name: "now", inputSchema: { type: "object" }, strict: true }],
    toolChoice: { type: "any" },
    parallelToolCalls: false,
    sampling: { maxOutputTokens: 100, temperature: 0.5, topP: 0.9, topK: 40, stopSequences: ["END"] },
    effort: "low",
    outputFormat: { type: "json_schema", name: "city", schema: { type: "object" }, strict: true },
    stream: true,
    endUser: "ada",
  });
  const expected: ChatCompletionCreateParams = {
    model: "gpt-5.2",
    messages: [{ role: "user", content: "Hi" }],
    tools: [
      {
        type: "function",
        function: { name: "look", description: "Looks.", parameters: { type: "object", properties: { at: {} } } },
      },
      { type: "function", function: { name: "now", parameters: { type: "object", properties: {} }, strict: true } },
    ],
    tool_choice: "required",
    parallel_tool_calls: false,
    max_completion_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    stop: ["END"],
    reasoning_effort: "low",
    response_format: { type: "json_schema", json_schema: { name: "city", schema: { type: "object" }, strict: true } },
    user: "ada",
    stream: true,
    stream_options: { include_usage: true },
  };
  assert.deepEqual(body, expected);
  assert.deepEqual(ignored, ["top_k"]);
});

test("a compatible server gets the older name of the bound, and no effort", () => {
  const { body, ignored } = encode({ sampling: { maxOutputTokens: 100 }, effort: "low" }, compatibleManner);
  assert.deepEqual(body, { model: "gpt-5.2", messages, max_tokens: 100, stream: false });
  assert.deepEqual(ignored, ["effort"]);
});

test("every form of the choice of tools has its own", () => {
  const choiceOf = (toolChoice: ModelCall["toolChoice"]) => bodyOf({ tools: [look], toolChoice }).tool_choice;
  assert.equal(choiceOf(undefined), undefined);
  assert.equal(choiceOf({ type: "auto" }), "auto");
  assert.equal(choiceOf({ type: "none" }), "none");
  assert.equal(choiceOf({ type: "any" }), "required");
  assert.deepEqual(choiceOf({ type: "tool", name: "look" }), { type: "function", function: { name: "look" } });
});

test("nothing is said of tools where there are none", () => {
  const quiet = encode({ toolChoice: { type: "auto" }, parallelToolCalls: false });
  assert.deepEqual(quiet, { body: { model: "gpt-5.2", messages, stream: false }, ignored: [] });
  assert.deepEqual(encode({ toolChoice: { type: "any" } }).ignored, ["tool_choice"]);
});

test("several calls at once are only ever forbidden", () => {
  assert.equal(bodyOf({ tools: [look], parallelToolCalls: true }).parallel_tool_calls, undefined);
  assert.equal(bodyOf({ tools: [look], parallelToolCalls: false }).parallel_tool_calls, false);
});

test("an answer in JSON is asked for, under a name where it has none", () => {
  assert.deepEqual(bodyOf({ outputFormat: { type: "json_object" } }).response_format, { type: "json_object" });
  assert.deepEqual(bodyOf({ outputFormat: { type: "json_schema", schema: {} } }).response_format, {
    type: "json_schema",
    json_schema: { name: "answer", schema: {} },
  });
});

test("more stop sequences than the server takes are a failure", () => {
  const stopSequences = ["a", "b", "c", "d", "e"];
  const refused = encodeCall({ ...plain, sampling: { stopSequences } }, "m", openAiManner);
  assert.deepEqual(refused, {
    ok: false,
    failure: {
      code: "unsupported_feature",
      message: "stop_sequences: the model's provider takes at most 4, got 5",
      param: "stop_sequences",
    },
  });
  assert.deepEqual(bodyOf({ sampling: { stopSequences } }, compatibleManner).stop, stopSequences);
});

test("a long name of the user is sent as its digest", () => {
  const name = `user_${"a".repeat(150)}`;
  const sent = bodyOf({ endUser: name }).user ?? "";
  assert.match(sent, /^[0-9a-f]{64}$/);
  assert.equal(bodyOf({ endUser: name }).user, sent);
  assert.notEqual(bodyOf({ endUser: `${name}b` }).user, sent);
  assert.equal(bodyOf({ endUser: "a".repeat(64) }).user, "a".repeat(64));
});

const thought = (extra: Partial<ModelCall>, model?: string, manner?: ServerManner) => {
  const { body, ignored } = encode(extra, manner, model);
  return [body.reasoning_effort, ...ignored];
};

test("a budget of thinking becomes the nearest effort, and is named", () => {
  for (const [budgetTokens, effort] of [
    [1_024, "low"],
    [4_096, "low"],
    [10_000, "medium"],
    [31_999, "high"],
  ] as const) {
    const seen = thought({ thinking: { type: "enabled", budgetTokens } });
    assert.deepEqual(seen, [effort, `thinking.budget_tokens:effort-${effort}`]);
  }
});

test("an effort that was asked for goes before a budget", () => {
  const thinking = { type: "enabled", budgetTokens: 31_999 } as const;
  assert.deepEqual(thought({ effort: "minimal", thinking }), ["minimal", "thinking.budget_tokens"]);
});

test("adaptive thinking is what a model does that is told nothing; forbidden thinking is named", () => {
  assert.deepEqual(thought({ thinking: { type: "adaptive" } }), [undefined]);
  assert.deepEqual(thought({ thinking: { type: "disabled" } }), [undefined, "thinking.disabled"]);
  assert.deepEqual(thought({ thinking: { type: "disabled" }, effort: "none" }), ["none"]);
});

test("models that do not reason, and servers that do not know the word, hear nothing of it", () => {
  const wish: { effort: CallEffort } = { effort: "high" };
  for (const model of ["gpt-4o-mini", "ft:gpt-4.1:me", "gpt-3.5-turbo", "chatgpt-4o-latest", "gpt-5.3-chat-latest"]) {
    assert.deepEqual(thought(wish, model), [undefined, "effort"], model);
  }
  for (const model of ["gpt-5.2", "o4-mini", "gpt-6-astra", "my-deployment"]) {
    assert.deepEqual(thought(wish, model), ["high"], model);
  }
  for (const manner of [azureManner, compatibleManner]) {
    assert.deepEqual(thought({ thinking: { type: "enabled", budgetTokens: 4_000 } }, "gpt-5.2", manner), [
      undefined,
      "thinking.budget_tokens",
    ]);
  }
});
