import type { CallEffort, ThinkingWish } from "@gantry/contracts/answer-settings";
import type { ToolOffer } from "@gantry/contracts/completion";
import type { JsonSchema } from "../../../core/ports/schema-checker.ts";
import type { Turn } from "../../../core/ports/driver.ts";

import { toOutputTool } from "./output-track.ts";

/** Environment values that the CLI takes at run time; they hold from the next model call and outlive a clear. */
export type RuntimeSettings = Readonly<Record<string, string>>;

/** As a fresh process has them. */
export const defaultSettings: RuntimeSettings = {
  CLAUDE_CODE_EXTRA_BODY: "",
  CLAUDE_CODE_MAX_OUTPUT_TOKENS: "",
  CLAUDE_CODE_DISABLE_THINKING: "",
  CLAUDE_CODE_EFFORT_LEVEL: "",
  ANTHROPIC_CUSTOM_HEADERS: "",
};

/** Thinking is paid from the same allowance as the answer, and the vendor's API wants at least 1,024 tokens for it. */
const leastTokensForThinking = 4096;

/** What a turn asks for, as far as it is set by settings. */
export type AskedSettings = Pick<Turn, "sampling" | "tools" | "effort" | "thinking" | "traceparent">;

/** What of its process matters to the settings of a turn. */
export interface ProcessState {
  /** The process knows tools of an earlier turn, which this one must not be offered. */
  readonly knowsTools: boolean;
  /** The turn goes on behind a call of a tool before which the model has not thought. */
  readonly hasNotThought: boolean;
  /** The schema of the object that the process gives, by a tool of the CLI's own. */
  readonly form?: JsonSchema | undefined;
}

const fresh: ProcessState = { knowsTools: false, hasNotThought: false };

/**
 * The whole set for one turn, so that nothing of an earlier turn can show. What the CLI has no setting for goes into
 * the body of its model calls, and so do the tools: the CLI would leave out `strict`, cut descriptions, and offer those of
 * an earlier turn. The vendor's API refuses other temperatures and forced calls together with thinking, so a turn that asks
 * for one runs without thinking, and so does a turn with a small allowance. `traceparent` goes with the turn's model calls.
 */
export function toRuntimeSettings(asked: AskedSettings, process: ProcessState = fresh): RuntimeSettings {
  const { sampling, tools, traceparent } = asked;
  const { temperature, topP, stopSequences, maxOutputTokens } = sampling;
  const own = process.form === undefined ? [] : [toOutputTool(process.form)];
  const body = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stopSequences === undefined || stopSequences.length === 0 ? {} : { stop_sequences: stopSequences }),
    ...(tools !== undefined ? toToolFields(tools, own) : process.knowsTools ? { tools: own } : {}),
  };
  return {
    CLAUDE_CODE_EXTRA_BODY: Object.keys(body).length === 0 ? "" : JSON.stringify(body),
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: maxOutputTokens === undefined ? "" : String(maxOutputTokens),
    CLAUDE_CODE_DISABLE_THINKING: process.hasNotThought || isWithoutThinking(asked) ? "1" : "",
    CLAUDE_CODE_EFFORT_LEVEL: toEffort(asked.effort, asked.thinking) ?? "",
    ANTHROPIC_CUSTOM_HEADERS: traceparent === undefined ? "" : `traceparent: ${traceparent}`,
  };
}

export function thinks(settings: RuntimeSettings): boolean {
  return settings["CLAUDE_CODE_DISABLE_THINKING"] === "";
}

function isWithoutThinking({ sampling, tools, effort, thinking }: AskedSettings): boolean {
  const { temperature, topP, maxOutputTokens } = sampling;
  const changesSampling = (temperature !== undefined && temperature !== 1) || (topP !== undefined && topP !== 1);
  const isTight = maxOutputTokens !== undefined && maxOutputTokens < leastTokensForThinking;
  const isForced = tools?.choice?.type === "any" || tools?.choice?.type === "tool";
  return changesSampling || isTight || isForced || thinking?.type === "disabled" || effort === "none";
}

/** The CLI takes no budget at run time: it becomes the effort that comes nearest, where the client names none. */
function toEffort(effort: CallEffort | undefined, thinking: ThinkingWish | undefined): string | undefined {
  if (effort === "none" || effort === "minimal") return "low";
  if (effort !== undefined || thinking?.type !== "enabled") return effort;
  const { budgetTokens } = thinking;
  return budgetTokens < 4096 ? "low" : budgetTokens < 16_384 ? "medium" : "high";
}

/** `own` are the CLI's: by these it takes the answer, whatever the client says of its tools. */
function toToolFields({ definitions, choice, parallel }: ToolOffer, own: readonly object[]): object {
  if (choice?.type === "none" && own.length > 0) return { tools: own };
  const offered = definitions.map(({ name, description, inputSchema, strict }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: "type" in inputSchema ? inputSchema : { type: "object", ...inputSchema },
    ...(strict === undefined ? {} : { strict }),
  }));
  const tools = [...offered, ...own];
  // Where no tool may be called, none can be called beside another.
  const single = parallel === false && choice?.type !== "none" ? { disable_parallel_tool_use: true } : {};
  if (choice === undefined && parallel !== false) return { tools };
  return { tools, tool_choice: { ...(choice ?? { type: "auto" }), ...single } };
}

export function sameSettings(left: RuntimeSettings, right: RuntimeSettings): boolean {
  return Object.keys(defaultSettings).every((name) => left[name] === right[name]);
}
