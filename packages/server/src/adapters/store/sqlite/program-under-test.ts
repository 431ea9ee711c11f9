import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A real second process, for what only another process can show. */
export interface ProgramUnderTest {
  readonly pid: number;
  /** Lines of its output, as they come. */
  readonly lines: AsyncIterableIterator<string>;
  /** Kills it with signal 9 and waits until it is gone. */
  kill(): Promise<void>;
}

/** Runs the text of a module; its imports must be absolute. */
export function startProgram(source: string): ProgramUnderTest {
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  if (child.stdout === null || child.pid === undefined) throw new Error("The program did not start.");
  return {
    pid: child.pid,
    lines: createInterface(child.stdout)[Symbol.asyncIterator](),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
