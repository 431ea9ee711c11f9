import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";

export const root = dirname(import.meta.dirname);

export interface CommandOptions {
  /** Folder to run in; the repository where none is given. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Lets the command write to our own terminal instead of keeping what it writes. */
  readonly show?: boolean;
  /** After so many minutes it is killed; without it, it may take as long as it likes. */
  readonly minutes?: number;
}

export interface CommandResult {
  /** 128 + n where signal n ended it, 127 where it could not be started. */
  readonly code: number;
  /** Standard output and error, in the order they came; empty with `show`. */
  readonly output: string;
  readonly seconds: number;
}

const running = new Set<ReturnType<typeof spawn>>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal);
    process.exitCode = 130;
  });
}

/** Runs a program of the repository's own tools or of PATH to its end. Never rejects. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const started = performance.now();
  const { cwd = root, env = process.env, show = false, minutes } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...env, PATH: toolPath(env) },
      stdio: show ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text) => (output += text));
    const expire = () => {
      output += `\nkilled after ${minutes} minutes\n`;
      child.kill("SIGKILL");
    };
    const timer = minutes === undefined ? undefined : setTimeout(expire, minutes * 60_000);
    const settle = (code: number) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.once("error", (error) => {
      output += `${error.message}\n`;
      settle(127);
    });
    child.once("close", (code) => settle(code ?? 130));
  });
}

/** The Node that runs us and the tools npm installed go before all others. */
function toolPath(env: NodeJS.ProcessEnv): string {
  return [dirname(process.execPath), join(root, "node_modules", ".bin"), env["PATH"] ?? ""].join(delimiter);
}
