import type { Clock } from "../ports/clock.ts";
import type { UpstreamResponse } from "../ports/upstream-client.ts";

/**
 * Waits for the first bytes of an answer. Until then nothing has been passed on, so that one that breaks off or stays
 * silent behind a good status can still be tried again. The body is to be read from what this resolves with.
 */
export async function beginAnswer(response: UpstreamResponse): Promise<UpstreamResponse> {
  const iterator = response.body[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array> | undefined = await iterator.next();
  const reader: AsyncIterator<Uint8Array> = {
    next() {
      if (first === undefined) return iterator.next();
      const begun = first;
      first = undefined;
      return Promise.resolve(begun);
    },
    async return() {
      first = undefined;
      return (await iterator.return?.()) ?? { done: true, value: undefined };
    },
  };
  return { ...response, body: { [Symbol.asyncIterator]: () => reader } };
}

const longestRest = 65_536;
const longestRestMs = 1_000;

/**
 * Reads what is left of an answer that nobody wants, so that its connection can serve again. A long or slow one is left,
 * which ends the connection. Never rejects.
 */
export async function discardAnswer({ body }: UpstreamResponse, clock: Clock): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  const leave = (): unknown => iterator.return?.();
  const cancel = clock.after(longestRestMs, leave);
  try {
    let length = 0;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      length += value.length;
      if (length > longestRest) return void leave();
    }
  } catch {
    // It broke off, which is an end too.
  } finally {
    cancel();
  }
}
