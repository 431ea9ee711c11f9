import { startProgram } from "./start-program.ts";
import type { UpstreamCounts, UpstreamNote, UpstreamQuestion } from "./upstream-notes.ts";

/** A client that left before its answer was whole. */
export type Leave = Extract<UpstreamNote, { type: "left" }>;

/** The scripted Messages API in its process. */
export interface MessagesUpstream {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  count(): Promise<UpstreamCounts>;
  /** Ends all answers that are held open. */
  finish(): void;
  /** Calls back for every client that leaves until the returned function is called. */
  onLeave(listener: (leave: Leave) => void): () => void;
  /** May be called twice. */
  stop(): Promise<void>;
}

const patienceMs = 120_000;

export async function startMessagesUpstream(): Promise<MessagesUpstream> {
  const program = await startProgram<UpstreamNote, UpstreamQuestion>(new URL("./upstream-program.ts", import.meta.url));
  return {
    url: program.url,
    pid: program.pid,
    async count() {
      const { promise, resolve, reject } = Promise.withResolvers<UpstreamCounts>();
      const timer = setTimeout(() => reject(new Error(`The upstream said nothing for ${patienceMs} ms.`)), patienceMs);
      const forget = program.onNote((note) => {
        if (note.type === "counts") resolve(note);
      });
      program.ask({ type: "count" });
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        forget();
      }
    },
    finish: () => program.ask({ type: "finish" }),
    onLeave: (listener) =>
      program.onNote((note) => {
        if (note.type === "left") listener(note);
      }),
    stop: () => program.stop(),
  };
}
