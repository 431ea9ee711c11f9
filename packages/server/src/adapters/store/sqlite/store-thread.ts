import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../../core/ports/clock.ts";
import { SqliteError, toStoreFailure, toUnavailable } from "./sqlite-error.ts";
import {
  isHold,
  type StoreAnswer,
  type StoreCall,
  type StoreCalls,
  type StoreThreadData,
  type ThreadAnswers,
  type ThreadMessage,
  type ThreadOpening,
} from "./store-calls.ts";

/** The server's end of the thread that owns the database. */
export interface StoreThread {
  /** Resolves after the commit; what sets money aside, when it is decided. Rejects with `store_unavailable` where the storage failed or the thread is gone. */
  call<Name extends keyof StoreCalls>(
    name: Name,
    ...parameters: Parameters<StoreCalls[Name]>
  ): Promise<ReturnType<StoreCalls[Name]>>;
  /** Waits for what is under way, for ten seconds at most. May be called twice. */
  close(): Promise<void>;
  /** Ends at once, as a crash would. */
  abort(): Promise<void>;
}

export interface StoreThreadOptions {
  readonly data: StoreThreadData;
  readonly clock: Clock;
  /** Called once where the thread ends by itself. */
  readonly onFailure: (error: Error) => void;
  /** The thread's program, another one in tests. */
  readonly program?: URL;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const closeDeadlineMs = 10_000;

/** Starts a thread and waits until it has opened the file. Rejects with a {@link SqliteError} where it cannot. */
export async function startStoreThread(options: StoreThreadOptions): Promise<StoreThread> {
  const program = options.program ?? new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  // Neither the server's environment nor the flags it was started with are for the thread.
  const worker = new Worker(program, { workerData: options.data, name: "gantry-store", env: {}, execArgv: [] });
  const reply = await readFirstReply(worker);
  if ("opened" in reply) return createStoreThread(worker, options);
  await worker.terminate();
  throw new SqliteError(reply.failed);
}

function readFirstReply(worker: Worker): Promise<ThreadOpening> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`The store's thread ended with code ${code} before it was open.`)));
  });
}

function createStoreThread(worker: Worker, { clock, onFailure }: StoreThreadOptions): StoreThread {
  const holding: Waiting[] = [];
  const waiting: Waiting[] = [];
  let outbox: StoreCall[] = [];
  /** Why no call is taken any more. */
  let ended: Error | undefined;
  let failure: Error | undefined;
  let ending = false;
  const exited = new Promise<void>((resolve) => {
    worker.once("error", (error) => (failure = error instanceof Error ? error : new Error(String(error))));
    worker.once("exit", (code) => {
      ended ??= new Error(`The store's thread ended with code ${code}.`, { cause: failure });
      for (const { reject } of [...holding.splice(0), ...waiting.splice(0)]) reject(toUnavailable(ended));
      if (!ending) onFailure(ended);
      resolve();
    });
  });
  const post = (message: ThreadMessage): void => worker.postMessage(message);
  const sendOutbox = (): void => {
    const calls = outbox;
    outbox = [];
    if (calls.length === 0) return;
    try {
      post(calls);
    } catch (error) {
      // What cannot be sent never gets an answer; these are the last that wait.
      const cause = error instanceof Error ? error : new Error(String(error));
      const holds = calls.filter(isHold).length;
      const lost = [...takeLast(holding, holds), ...takeLast(waiting, calls.length - holds)];
      for (const { reject } of lost) reject(cause);
    }
  };
  const end = (reason: string, how: () => void): Promise<void> => {
    ending = true;
    if (ended === undefined) {
      ended = new Error(reason);
      how();
    }
    return exited;
  };

  worker.on("message", (message: ThreadAnswers) => {
    if ("holds" in message) answerFirst(holding, message.holds);
    else answerFirst(waiting, message);
  });

  return {
    call(name, ...parameters) {
      if (ended !== undefined) return Promise.reject(toUnavailable(ended));
      // What is called in the same turn of the loop, by whichever connection, goes in one message.
      if (outbox.length === 0) setImmediate(sendOutbox);
      const call = [name, ...parameters] as unknown as StoreCall;
      outbox.push(call);
      return new Promise((resolve, reject) => {
        // The thread answers with what `StoreCalls` says.
        (isHold(call) ? holding : waiting).push({ resolve: resolve as Waiting["resolve"], reject });
      });
    },
    close: () =>
      end("The store is closed.", () => {
        sendOutbox();
        post("close");
        const cancel = clock.after(closeDeadlineMs, () => void worker.terminate());
        void exited.then(cancel);
      }),
    abort: () =>
      end("The store was ended.", () => {
        void worker.terminate();
      }),
  };
}

function answerFirst(waiting: Waiting[], answers: readonly StoreAnswer[]): void {
  for (const [index, { resolve, reject }] of waiting.splice(0, answers.length).entries()) {
    const answer = answers[index];
    if (answer !== undefined && "value" in answer) resolve(answer.value);
    else reject(toStoreFailure(answer?.failure ?? { message: "The store gave no answer." }));
  }
}

function takeLast(waiting: Waiting[], count: number): Waiting[] {
  return waiting.splice(waiting.length - count, count);
}
