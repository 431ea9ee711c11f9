import type { CompletionEvent } from "@gantry/contracts/completion";
import { reportFailure, type UpstreamPass } from "../upstreams/upstream-guard.ts";

/** Passes an answer on, and reports how the upstream is at its first sign. */
export async function* watchAnswer(
  pass: UpstreamPass,
  events: AsyncIterable<CompletionEvent>,
): AsyncGenerator<CompletionEvent, void, undefined> {
  try {
    for await (const event of events) {
      if (event.type === "answer.failed") reportFailure(pass, event.error);
      else if (event.type !== "upstream.retried") pass.succeed();
      yield event;
    }
  } finally {
    pass.abandon();
  }
}
