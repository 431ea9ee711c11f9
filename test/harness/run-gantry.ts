import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ensureBuilt } from "../../bin/launch/build.mjs";
import { serverFlags } from "../../bin/launch/server-flags.mjs";

/** The command line as its user types it: the launcher, or the server itself as the launcher starts it. */
export type EntryPoint = "launcher" | "server";

const repository = join(import.meta.dirname, "..", "..");
const launcher = join(repository, "bin", "gantry.mjs");

export interface GantryRun {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves when what it has printed fits; rejects with all it printed when it ends before. */
  untilPrinted(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | NodeJS.Signals>;
}

/** Runs the command line. The environment is exactly what is given. */
export async function runGantry(
  entry: EntryPoint,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<GantryRun> {
  const program = entry === "server" ? [...serverFlags, await ensureBuilt(repository)] : [launcher];
  const child = spawn(process.execPath, [...program, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
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
