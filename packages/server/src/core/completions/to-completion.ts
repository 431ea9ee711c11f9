import type { ToolOffer, Completion, Sampling } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { CallSampling, ModelCall } from "@gantry/contracts/model-call";
import { toTurns } from "./to-turns.ts";

/** How a dialect calls what a failure or a note is about. */
export interface CallFieldNames {
  readonly messages: string;
  readonly endUser: string;
  readonly stopSequences: string;
}

const messagesFieldNames: CallFieldNames = {
  messages: "messages",
  endUser: "metadata.user_id",
  stopSequences: "stop_sequences",
};

export type ConvertedCall =
  | {
      readonly ok: true;
      readonly completion: Completion;
      /** What cannot be honoured; safe for a header. */
      readonly ignored: readonly string[];
    }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Makes a completion of a call of a model's API, for an agent program to answer. Pure, and never throws. What would give a wrong answer if it were
 * left out is a failure that names the field; what merely has no effect is named in `ignored`.
 */
export function toCompletion(call: ModelCall, names: CallFieldNames = messagesFieldNames): ConvertedCall {
  const ignored = new Set<string>();
  const tools = toToolOffer(call);
  if (tools !== undefined && "code" in tools) return { ok: false, failure: tools };
  const blank = call.sampling.stopSequences?.some((sequence) => sequence.trim() === "");
  if (blank === true) return refuse(names.stopSequences, "expected sequences that are not all white space");
  const turns = toTurns(call, names.messages, ignored);
  if (!turns.ok) return turns;
  const { outputFormat, effort, thinking } = call;
  if (call.endUser !== undefined) ignored.add(names.endUser);
  return {
    ok: true,
    completion: {
      model: call.model,
      system: turns.system,
      messages: turns.messages,
      sampling: toSampling(call.sampling, ignored),
      ...(tools && { tools }),
      ...(outputFormat && { outputFormat }),
      ...(effort && { effort }),
      ...(thinking && { thinking }),
    },
    ignored: [...ignored],
  };
}

/** The vendor's temperature goes to 1, elsewhere it goes to 2; the agent program can set no `top_k`. */
function toSampling({ topK, temperature, ...sampling }: CallSampling, ignored: Set<string>): Sampling {
  if (topK !== undefined) ignored.add("top_k");
  if (temperature === undefined) return sampling;
  if (temperature > 1) ignored.add("temperature:capped-at-1");
  return { ...sampling, temperature: Math.min(temperature, 1) };
}

function toToolOffer({ tools, toolChoice: choice, parallelToolCalls }: ModelCall): ToolOffer | Failure | undefined {
  const named = new Set(tools.map(({ name }) => name));
  if (named.size < tools.length) return toFailure("invalid_request", "tools: tool names must be unique", at("tools"));
  const lacking = choice?.type === "any" ? tools.length === 0 : choice?.type === "tool" && !named.has(choice.name);
  if (lacking) {
    const sentence = "tool_choice: expected a tool that is among the tools, got none of that name";
    return toFailure("invalid_request", sentence, at("tool_choice"));
  }
  if (tools.length === 0) return undefined;
  return {
    definitions: tools,
    ...(choice && { choice }),
    ...(parallelToolCalls !== undefined && { parallel: parallelToolCalls }),
  };
}

function refuse(param: string, sentence: string): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: toFailure("invalid_request", `${param}: ${sentence}`, at(param)) };
}

const at = (param: string) => ({ param });
