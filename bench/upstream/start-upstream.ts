import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { UpstreamCounts, UpstreamNote, UpstreamQuestion } from "./upstream-messages.ts";

/** A model call that its caller gave up. */
export type CutCall = Extract<UpstreamNote, { type: "cut" }>;

/** The scripted model that all contestants call. */
export interface Upstream {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  counts(): Promise<UpstreamCounts>;
  /** Calls back for every cut call until the returned function is called. */
  onCut(listener: (cut: CutCall) => void): () => void;
  /** May be called twice. */
  stop(): Promise<void>;
}

/** Starts the demo model in a process of its own, on a free port. Rejects where it does not start. */
export async function startUpstream(): Promise<Upstream> {
  const child = fork(new URL("./upstream-program.ts", import.meta.url), { execArgv: [], env: {} });
  const listeners = new Set<(note: UpstreamNote) => void>();
  // What comes over the channel is ours alone.
  child.on("message", (message) => {
    for (const listener of listeners) listener(message as UpstreamNote);
  });
  const { pid } = child;
  const { url } = await next(child, listeners, "listening");
  if (pid === undefined) throw new Error("The upstream has no process.");

  return {
    url,
    pid,
    async counts() {
      const answer = next(child, listeners, "counts");
      child.send({ type: "count" } satisfies UpstreamQuestion);
      return await answer;
    },
    onCut(listener) {
      const relay = (note: UpstreamNote): void => {
        if (note.type === "cut") listener(note);
      };
      listeners.add(relay);
      return () => listeners.delete(relay);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

type NoteOf<Type extends UpstreamNote["type"]> = Extract<UpstreamNote, { type: Type }>;

/** The next note of a kind. Rejects when the process ends first. */
async function next<Type extends UpstreamNote["type"]>(
  child: ChildProcess,
  listeners: Set<(note: UpstreamNote) => void>,
  type: Type,
): Promise<NoteOf<Type>> {
  const { promise, resolve, reject } = Promise.withResolvers<NoteOf<Type>>();
  const isWanted = (note: UpstreamNote): note is NoteOf<Type> => note.type === type;
  const listener = (note: UpstreamNote): void => {
    if (isWanted(note)) resolve(note);
  };
  const onExit = (): void => reject(new Error("The upstream ended."));
  listeners.add(listener);
  child.once("exit", onExit);
  try {
    return await promise;
  } finally {
    listeners.delete(listener);
    child.off("exit", onExit);
  }
}
