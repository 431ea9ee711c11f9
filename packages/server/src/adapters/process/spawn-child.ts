import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { ProcessExit } from "../../core/ports/process-host.ts";

export interface SpawnSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Open descriptors that the child gets as 3, 4, …. They stay open here. */
  readonly fds?: readonly number[];
}

export interface SpawnedChild {
  readonly pid: number;
  /** A pipe that nobody but this process holds: when this process dies, the child reads the end of its input. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How it ended, once it has been reaped; until then the pid is certainly its own. */
  readonly gone: Promise<Omit<ProcessExit, "reason">>;
  hasGone(): boolean;
}

/**
 * Starts a program in a session of its own, so that a signal to the server's terminal does not reach it.
 * Rejects with the system's error where it cannot be started.
 */
export async function spawnChild(spec: SpawnSpec): Promise<SpawnedChild> {
  const child = spawn(spec.command, [...spec.args], {
    env: { ...spec.env },
    cwd: spec.cwd,
    detached: true,
    stdio: ["pipe", "pipe", "pipe", ...(spec.fds ?? [])],
  });
  const gone = new Promise<Omit<ProcessExit, "reason">>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    // The listener stays: an error after the start has nowhere else to go, and tells nothing the exit does not.
    child.on("error", reject);
  });
  const { pid, stdin, stdout, stderr } = child;
  if (pid === undefined || stdin === null || stdout === null || stderr === null)
    throw new Error("The child has no pipes.");
  return { pid, stdin, stdout, stderr, gone, hasGone: () => child.exitCode !== null || child.signalCode !== null };
}
