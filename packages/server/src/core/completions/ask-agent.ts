import type { CompletionEvent } from "@gantry/contracts/completion";
import type { Agent, Turn, TurnDeadlines } from "../ports/driver.ts";
import type { SchemaChecker } from "../ports/schema-checker.ts";
import type { OutputPlan } from "../schemas/settle-output-format.ts";
import { answerInForm } from "./answer-in-form.ts";

export interface Question {
  readonly agent: Agent;
  readonly turn: Turn;
  readonly deadlines: TurnDeadlines;
  readonly signal: AbortSignal;
  /** The form of the answer; undefined for words. */
  readonly plan: OutputPlan | undefined;
  readonly schemas: Pick<SchemaChecker, "check">;
  readonly isStreamed: boolean;
}

export interface AskedAgent {
  readonly events: AsyncIterable<CompletionEvent>;
  /** It was asked more than the client knows of: its conversation is not the client's. */
  readonly wasAskedAgain: () => boolean;
}

/** Has the agent answer, in the form that is asked for. */
export function askAgent({ agent, turn, deadlines, signal, plan, schemas, isStreamed }: Question): AskedAgent {
  let wasAskedAgain = false;
  const ask = (prompt: Turn["prompt"]) => agent.prompt({ ...turn, prompt }, deadlines, signal);
  const events =
    plan === undefined
      ? inWords(ask(turn.prompt))
      : answerInForm({
          plan,
          schemas,
          prompt: turn.prompt,
          ask,
          isStreamed,
          onRepair: () => {
            wasAskedAgain = true;
          },
        });
  return { events, wasAskedAgain: () => wasAskedAgain };
}

async function* inWords(events: ReturnType<Agent["prompt"]>): AsyncGenerator<CompletionEvent, void, undefined> {
  for await (const event of events) if (event.type !== "output.rejected") yield event;
}
