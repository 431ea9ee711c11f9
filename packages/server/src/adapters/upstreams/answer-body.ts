/** What the reader of an answer asks of the connection. */
export interface AnswerFlow {
  pause(): void;
  resume(): void;
  /** The reader has gone before the end. */
  leave(): void;
}

/** The bytes of an answer: they are pushed as they come, and read by one reader. */
export interface AnswerBody extends AsyncIterable<Uint8Array> {
  push(bytes: Uint8Array): void;
  end(): void;
  /** What came before is still read; nothing comes after. */
  fail(error: unknown): void;
  /** The same, but what came before is given up too. */
  abort(reason: unknown): void;
}

/** Bytes that may lie here unread; from then on the connection waits until they are read. */
const mostAhead = 65_536;

interface Reader {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const finished: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/**
 * Hands bytes straight to a reader that waits. One that is slower gets all that has come at once, and makes the sender
 * wait where that is too much.
 */
export function createAnswerBody(flow: AnswerFlow): AnswerBody {
  let ahead: Uint8Array[] = [];
  let bytesAhead = 0;
  let paused = false;
  /** Set once nothing more comes. */
  let ending: { readonly error?: unknown } | undefined;
  let reader: Reader | undefined;

  function close(ended: { readonly error?: unknown }): void {
    if (ending !== undefined) return;
    ending = ended;
    const waiting = reader;
    reader = undefined;
    if (waiting === undefined) return;
    void finish().then(waiting.resolve, waiting.reject);
  }

  /** An error is thrown once; whoever reads on after it is told that there is no more. */
  async function finish(): Promise<IteratorResult<Uint8Array, undefined>> {
    const ended = ending;
    ending = {};
    if (ended !== undefined && "error" in ended) throw ended.error;
    return finished;
  }

  function takeAll(first: Uint8Array): IteratorResult<Uint8Array, undefined> {
    const bytes = ahead.length === 1 ? first : Buffer.concat(ahead, bytesAhead);
    ahead = [];
    bytesAhead = 0;
    if (paused) {
      paused = false;
      flow.resume();
    }
    return { done: false, value: bytes };
  }

  const iterator: AsyncIterator<Uint8Array, undefined> = {
    next() {
      const [first] = ahead;
      if (first !== undefined) return Promise.resolve(takeAll(first));
      if (ending !== undefined) return finish();
      if (reader !== undefined) return Promise.reject(new Error("an answer is read by one reader, piece by piece"));
      return new Promise((resolve, reject) => {
        reader = { resolve, reject };
      });
    },
    return() {
      // Closed first: that the exchange is broken off then is no error to the one who left.
      const isEarly = ending === undefined;
      ahead = [];
      close({});
      if (isEarly) flow.leave();
      return Promise.resolve(finished);
    },
  };

  return {
    push(bytes) {
      if (ending !== undefined) return;
      if (reader !== undefined) {
        const { resolve } = reader;
        reader = undefined;
        return resolve({ done: false, value: bytes });
      }
      ahead.push(bytes);
      bytesAhead += bytes.length;
      if (paused || bytesAhead < mostAhead) return;
      paused = true;
      flow.pause();
    },
    end: () => close({}),
    fail: (error) => close({ error }),
    abort(reason) {
      ahead = [];
      close({ error: reason });
    },
    [Symbol.asyncIterator]: () => iterator,
  };
}
