import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ensureBuilt } from "../../bin/launch/build.mjs";

const program = await ensureBuilt(join(import.meta.dirname, "..", ".."));
const columns = 100;
/** Without anything new. */
const patienceMs = 120_000;

/** A program at a terminal, and the person who sits there. */
export interface PseudoTerminal {
  /** All that was shown, with the marks that steer a terminal. */
  raw(): string;
  /** Types as it stands; Enter is `\r`, Ctrl-C is `\u0003`. */
  type(keys: string): void;
  /** Resolves when what was shown since the last of these fits, without the marks; rejects with all that was shown where the program ends before, or shows nothing new for two minutes. */
  untilShown(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code; all that it has shown is there. */
  readonly exited: Promise<number>;
}

/**
 * Runs the program at a terminal that `script` makes: the program is part of every Linux and of macOS.
 * Standard output and standard error are one there.
 */
export function runAtTerminal(args: readonly string[], env: Readonly<Record<string, string>>): PseudoTerminal {
  const words = [process.execPath, program, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const command = `stty cols ${columns} rows 40; exec ${words}`;
  const options =
    process.platform === "darwin" ? ["-q", "/dev/null", "sh", "-c", command] : ["-qefc", command, "/dev/null"];
  const child = spawn("script", options, {
    env: { PATH: process.env["PATH"] ?? "", SHELL: "/bin/sh", TERM: "xterm-256color", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let [raw, seen, hasEnded] = ["", 0, false];
  let look = (): void => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    raw += text;
    look();
  });
  // A program that has ended reads no more.
  child.stdin.on("error", () => {});
  const exited = once(child, "close").then(([code]: (number | null)[]) => {
    hasEnded = true;
    look();
    return code ?? -1;
  });
  return {
    raw: () => raw,
    type: (keys) => void child.stdin.write(keys),
    exited,
    async untilShown(pattern) {
      for (;;) {
        const shown = stripVTControlCharacters(raw);
        const found = pattern.exec(shown.slice(seen));
        if (found !== null) {
          seen += found.index + found[0].length;
          return found;
        }
        if (hasEnded) throw new Error(`It ended before it showed ${pattern}.\n${shown}`);
        await new Promise<void>((resolve, reject) => {
          const late = setTimeout(() => {
            child.kill("SIGHUP");
            reject(new Error(`It has not shown ${pattern} within ${patienceMs} ms.\n${shown}`));
          }, patienceMs);
          look = () => {
            clearTimeout(late);
            resolve();
          };
        });
      }
    },
  };
}
