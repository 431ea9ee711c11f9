import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { ResponseAnswer, ResponseBody } from "../../../core/ports/responses-format.ts";
import type { AgentAnswer } from "../agent-calls/agent-call.ts";

export interface KeptAnswerParts {
  readonly id: string;
  readonly answer: ResponseAnswer;
  readonly stream: boolean;
  /** What the client is shown. */
  show(body: ResponseBody): ResponseBody;
  /** Resolves when it is in the store, or at once where it is not to be kept. Rejects with a `FailureError`. */
  keep(body: ResponseBody): Promise<void>;
}

/** An answer that is in the store before its end is told, so that whoever has seen its end can go on from it. */
export function createKeptAnswer({ id, answer, stream, show, keep }: KeptAnswerParts): AgentAnswer {
  return {
    id,
    encode: (event) => answer.encode(event),
    async finish() {
      const body = answer.body();
      // Half an answer is no use to anybody; where it failed in a stream, the client knows its id and may ask for it.
      const isToKeep = body.status !== "in_progress" && (stream || body.status !== "failed");
      const failure = isToKeep ? await toFailureOf(keep(body)) : undefined;
      if (failure === undefined) return answer.finish();
      if (!stream) throw new FailureError(failure);
      return answer.breakOff(failure);
    },
    body: () => show(answer.body()),
  };
}

/** Past the status line nothing may be thrown: the end would never be told. */
async function toFailureOf(work: Promise<void>): Promise<Failure | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof FailureError ? error.failure : toFailure("internal");
  }
}
