import assert from "node:assert/strict";
import type { TokenUsage } from "@gantry/contracts/completion";
import { readAgentTurn } from "./agent-turn.ts";
import type { MessagesUpstream } from "./messages-upstream.ts";
import type { OpenAiUpstream } from "./openai-upstream.ts";
import { readToldUsage, toToldUsage } from "./told-usage.ts";
import type { UpstreamAnswer } from "./upstream-answer.ts";

/** What a model is to do, whatever its API. */
export type ModelWish =
  | { readonly say: string }
  /** Calls tools at once, and says the rest when it has their results. */
  | { readonly call: readonly WishedCall[]; readonly lastly: string }
  /** Says word after word and comes to no end; or does not even begin. */
  | { readonly never: "ends" | "begins" }
  | { readonly refuse: number; readonly retryAfter?: number };

export interface WishedCall {
  readonly name: string;
  readonly arguments: object;
}

/** A model at an upstream of the test's own, which does as it is told. */
export interface ModelSource {
  /** Has it do so from now on, and gives the prompt that asks for it. */
  plan(wish: ModelWish): string;
  /** Calls for an answer that have come so far. */
  readonly calls: number;
  /** Resolves when the call of this number, counted from 0, has come. */
  untilCall(index: number): Promise<{ readonly ended: Promise<"whole" | "cut"> }>;
  /** The last call's body as text. */
  lastBody(): string;
  /** What it told of its last answer. */
  lastUsage(): TokenUsage;
}

/** The demo model, which is told by its prompt. */
export function toDemoSource(upstream: MessagesUpstream): ModelSource {
  const last = () => {
    const call = upstream.calls.at(-1);
    assert.ok(call, "the model was not called");
    return call;
  };
  return {
    plan: toPrompt,
    get calls() {
      return upstream.calls.length;
    },
    untilCall: (index) => upstream.untilCall(index),
    lastBody: () => last().body.toString(),
    lastUsage: () => readToldUsage(last()),
  };
}

function toPrompt(wish: ModelWish): string {
  if ("say" in wish) return `[[demo:say ${wish.say}]]`;
  if ("never" in wish) return wish.never === "begins" ? "[[demo:hang]]" : "[[demo:tokens 5000]] [[demo:pace 20]]";
  if ("refuse" in wish) return `[[demo:status ${wish.refuse} ${wish.retryAfter ?? ""}]]`;
  const calls = wish.call.map(({ name, arguments: input }) => `${name} ${JSON.stringify(input)}`).join(" ");
  return `[[demo:tools ${calls}]] [[demo:say ${wish.lastly}]]`;
}

/** A model of OpenAI's API, which is told by its script. */
export function toScriptedSource(upstream: OpenAiUpstream): ModelSource {
  const forever = new Promise<never>(() => {});
  const answer = (wish: Exclude<ModelWish, { call: unknown }>): UpstreamAnswer => {
    if ("say" in wish) return { text: wish.say };
    if ("never" in wish) {
      const afterEvents = wish.never === "begins" ? {} : { afterEvents: 5 };
      return { text: "word after word after word", hold: { until: forever, ...afterEvents } };
    }
    const { refuse: status, retryAfter } = wish;
    return { status, ...(retryAfter !== undefined && { headers: { "retry-after": String(retryAfter) } }) };
  };
  return {
    plan(wish) {
      upstream.answerWith((call) => {
        if (!("call" in wish)) return answer(wish);
        const isDone = readAgentTurn(call).outcomes.length > 0;
        return isDone ? { text: wish.lastly } : { toolCalls: wish.call, interleaved: true };
      });
      return "Do it.";
    },
    get calls() {
      return upstream.calls.length;
    },
    untilCall: (index) => upstream.untilCall(index),
    lastBody: () => upstream.calls.at(-1)?.text ?? "",
    lastUsage() {
      const told = upstream.told.at(-1);
      assert.ok(told, "the model told no usage");
      return toToldUsage(told);
    },
  };
}
