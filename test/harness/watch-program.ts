import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

export interface WatchedProgram {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves when what it has printed fits; rejects with all it printed when it ends before. */
  untilPrinted(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

/** Starts a program and reads what it prints. The environment is exactly what is given. */
export async function watchProgram(
  command: string,
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd?: string;
    /** In a group of its own, as a terminal gives one to each command. */
    readonly detached?: boolean;
  },
): Promise<WatchedProgram> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "close").then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? -1,
  );
  const written = { stdout: "", stderr: "" };
  let look = (): void => {};
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      written[name] += text;
      look();
    });
  }
  let ended = false;
  void exited.then(() => {
    ended = true;
    look();
  });
  await once(child, "spawn");
  return {
    child,
    pid: child.pid ?? -1,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    exited,
    async untilPrinted(pattern) {
      for (;;) {
        const found = pattern.exec(written.stdout);
        if (found !== null) return found;
        if (ended) throw new Error(`It ended before it printed ${pattern}.\n${written.stdout}\n${written.stderr}`);
        await new Promise<void>((resolve) => {
          look = resolve;
        });
      }
    },
  };
}
