import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../../core/ports/clock.ts";
import type { SchemaChecker } from "../../core/ports/schema-checker.ts";
import type { SchemaAnswer, SchemaQuestion } from "./schema-thread.ts";

/** An honest question takes some milliseconds, a hostile pattern would never end. Long enough for a machine that is busy. */
const longestMs = 20_000;
const mostAtOnce = 4;
const mostMemoryMb = 128;

/**
 * Questions are answered by threads, which are ended where one takes too long: a schema brings patterns, and those can be made never to end. One
 * thread is kept for the next question.
 */
export function createSchemaChecker({ clock }: { readonly clock: Pick<Clock, "after"> }): SchemaChecker {
  const waiting: (() => void)[] = [];
  let running = 0;
  let idle: Worker | undefined;

  async function ask(question: SchemaQuestion): Promise<SchemaAnswer | undefined> {
    if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      const kept = idle;
      idle = undefined;
      const thread = kept ?? (await startThread());
      const answer = thread && (await askThread(thread, question, clock));
      if (answer === undefined || idle !== undefined) await thread?.terminate();
      else idle = thread;
      return answer;
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  return {
    async examine(schema, plain) {
      const answer = await ask({ type: "examine", schema, plain });
      return answer === undefined ? { place: "", message: "it takes too long to read" } : answer.problem;
    },
    async check(schema, value) {
      const answer = await ask({ type: "check", schema, value });
      if (answer?.misfits !== undefined) return answer.misfits;
      throw new FailureError(toFailure("agent_failed", "The output took too long to check by its schema."));
    },
  };
}

/** Resolves when it has read its program, which is no part of any question's time; with undefined where it cannot. */
async function startThread(): Promise<Worker | undefined> {
  const program = new URL(`./schema-thread${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(program, {
    name: "gantry-schema",
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: mostMemoryMb },
  });
  const ready = await nextMessage(thread);
  // A thread that waits keeps no program alive.
  thread.unref();
  return ready === undefined ? undefined : thread;
}

async function askThread(
  thread: Worker,
  question: SchemaQuestion,
  clock: Pick<Clock, "after">,
): Promise<SchemaAnswer | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.after(longestMs, () => late.resolve(undefined));
  const answer = nextMessage(thread);
  thread.postMessage(question);
  const first = await Promise.race([answer, late.promise]);
  cancel();
  return first;
}

/** Undefined where the thread ends or breaks instead. */
function nextMessage(thread: Worker): Promise<SchemaAnswer | undefined> {
  return new Promise((resolve) => {
    const end = (): void => take(undefined);
    function take(message: SchemaAnswer | undefined): void {
      thread.off("message", take).off("error", end).off("exit", end);
      resolve(message);
    }
    thread.on("message", take).on("error", end).on("exit", end);
  });
}
