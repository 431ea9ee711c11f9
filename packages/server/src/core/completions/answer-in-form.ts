import { type CompletionEvent, type Message, type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { AgentEvent } from "../ports/driver.ts";
import type { SchemaChecker } from "../ports/schema-checker.ts";
import { createUnwrapper } from "../schemas/create-unwrapper.ts";
import type { OutputPlan } from "../schemas/settle-output-format.ts";

export interface FormParts {
  readonly plan: OutputPlan;
  readonly schemas: Pick<SchemaChecker, "check">;
  readonly prompt: Message;
  /** Asks the agent; its text is the JSON alone. Leaving it early interrupts the turn. */
  readonly ask: (prompt: Message) => AsyncIterable<AgentEvent>;
  /** The client reads along: what was told it cannot be taken back, so nothing is asked again after that. */
  readonly isStreamed: boolean;
  /** Told where the agent was asked again: its conversation is not the client's any more. */
  readonly onRepair: () => void;
}

/** What the answer ended with says that it is no whole one, or not the last: there is nothing to judge yet. */
const unjudged: ReadonlySet<string> = new Set(["tool_calls", "length", "refusal", "stop_sequence"]);

/**
 * An answer that is JSON of the client's schema, or fails with `output_invalid`. One that does not fit is asked for once more, unless the
 * client has been told some of it. Nothing that does not fit is told as finished.
 */
export async function* answerInForm(parts: FormParts): AsyncGenerator<CompletionEvent, void, undefined> {
  let draft = createDraft(parts.plan);
  let isStarted = false;
  let isRepaired = false;
  let isShown = false;
  let spent: Spent = { usage: noUsage, costMicros: 0 };
  let prompt = parts.prompt;

  /** The failure, where there can be no other try. */
  const reject = (misfits: string): Failure | undefined => {
    if (isRepaired || isShown) return toMisfit(misfits, isRepaired);
    isRepaired = true;
    draft = createDraft(parts.plan);
    parts.onRepair();
    return undefined;
  };

  for (;;) {
    let misfits: string | undefined;
    for await (const event of parts.ask(prompt)) {
      if (event.type === "text.delta") {
        const text = draft.add(event.text);
        if (!parts.isStreamed || text === "") continue;
        isShown = true;
        yield { type: "text.delta", text };
      } else if (event.type === "output.rejected") {
        const failure = reject(event.misfits);
        if (failure === undefined) continue;
        yield { type: "answer.failed", error: failure, usage: spent.usage };
        return;
      } else if (event.type === "answer.failed") {
        yield { ...event, usage: add(spent, event).usage };
        return;
      } else if (event.type === "answer.finished") {
        spent = add(spent, event);
        const judged = unjudged.has(event.reason) ? undefined : await judge(parts, draft.text());
        if (judged === undefined) {
          if (!parts.isStreamed && draft.text() !== "") yield { type: "text.delta", text: draft.text() };
          yield { ...event, ...toFigures(spent) };
          return;
        }
        const failure = typeof judged === "string" ? reject(judged) : judged;
        if (failure !== undefined) {
          yield { type: "answer.failed", error: failure, usage: spent.usage };
          return;
        }
        misfits = String(judged);
      } else if (event.type !== "answer.started" || !isStarted) {
        isStarted ||= event.type === "answer.started";
        yield event;
      }
    }
    // It ended without a last word, as where the client has left.
    if (misfits === undefined) return;
    prompt = toRepair(misfits);
  }
}

/** The answer so far, as the client is to see it. */
function createDraft({ isWrapped }: OutputPlan) {
  const unwrapper = isWrapped ? createUnwrapper() : undefined;
  let said = "";
  return {
    add(piece: string): string {
      const text = unwrapper === undefined ? piece : unwrapper.take(piece);
      said += text;
      return text;
    },
    text: () => said,
  };
}

/** Why the text is not what was asked for, to be told to the agent; a failure where that cannot be found out. */
async function judge({ plan, schemas }: FormParts, text: string): Promise<string | Failure | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim() === "" ? "output: it was not given" : "output: it is not valid JSON";
  }
  try {
    const misfits = await schemas.check(plan.schema, value);
    return misfits.length === 0 ? undefined : misfits.join("\n");
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
}

function toRepair(misfits: string): Message {
  const text = `What you gave does not fit the form that was asked for:\n${misfits}\nGive the whole answer again, in that form.`;
  return { role: "user", content: [{ type: "text", text }] };
}

const longestTold = 1_000;

function toMisfit(misfits: string, isRepaired: boolean): Failure {
  const told = misfits.replaceAll("\n", "; ").slice(0, longestTold);
  const often = isRepaired ? ", also when it was asked again" : "";
  return toFailure("output_invalid", `The model gave no answer that fits the schema${often}: ${told}.`);
}

interface Spent {
  readonly usage: TokenUsage;
  /** Undefined from where a driver could not tell. */
  readonly costMicros: number | undefined;
}

function add(spent: Spent, { usage, costMicros }: { readonly usage: TokenUsage; readonly costMicros?: number }): Spent {
  return {
    usage: {
      inputTokens: spent.usage.inputTokens + usage.inputTokens,
      cacheReadTokens: spent.usage.cacheReadTokens + usage.cacheReadTokens,
      cacheWriteTokens: spent.usage.cacheWriteTokens + usage.cacheWriteTokens,
      outputTokens: spent.usage.outputTokens + usage.outputTokens,
    },
    costMicros: spent.costMicros === undefined || costMicros === undefined ? undefined : spent.costMicros + costMicros,
  };
}

function toFigures({ usage, costMicros }: Spent): { usage: TokenUsage; costMicros?: number } {
  return costMicros === undefined ? { usage } : { usage, costMicros };
}
