import { fork } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";

/** What every program says first. */
export interface ListeningNote {
  readonly type: "listening";
  /** Without a slash at its end. */
  readonly url: string;
}

/** A small server in a process of its own. */
export interface Program<Note extends { readonly type: string }, Question> {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  ask(question: Question): void;
  /** Calls back with every note until the returned function is called. */
  onNote(listener: (note: Note | ListeningNote) => void): () => void;
  /** May be called twice. */
  stop(): Promise<void>;
}

/** Starts a program in a process of its own, which tells where it listens. Rejects where it does not start. */
export async function startProgram<Note extends { readonly type: string }, Question extends object>(
  file: URL,
  args: readonly string[] = [],
): Promise<Program<Note, Question>> {
  const child = fork(file, args, { execArgv: [], env: {} });
  const listeners = new Set<(note: Note | ListeningNote) => void>();
  // What comes over the channel is ours alone.
  child.on("message", (message) => {
    for (const listener of listeners) listener(message as Note | ListeningNote);
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onExit = (): void => reject(new Error(`${basename(file.pathname)} ended before it listened.`));
  const listen = (note: Note | ListeningNote): void => {
    if ("url" in note && typeof note.url === "string") resolve(note.url);
  };
  child.once("exit", onExit);
  listeners.add(listen);
  const url = await promise;
  listeners.delete(listen);
  child.off("exit", onExit);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${basename(file.pathname)} has no process.`);
  return {
    url,
    pid,
    ask: (question) => void child.send(question),
    onNote(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
