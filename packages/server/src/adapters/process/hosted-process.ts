import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { HostedProcess, ProcessExit } from "../../core/ports/process-host.ts";
import type { EnclosedSpec } from "../../core/ports/sandbox.ts";
import type { WallsReport } from "../../core/ports/walls-report.ts";
import { killMarked } from "./kill-marked.ts";
import { createOutputReader, type OutputReader } from "./output-reader.ts";
import type { ProcessLimits } from "./process-limits.ts";
import { killProcessTree, readTreeMemory } from "./process-tree.ts";
import { settlesWithin } from "./settles-within.ts";
import type { SpawnedChild } from "./spawn-child.ts";
import { createStderrTail } from "./stderr-tail.ts";
import { stopChild } from "./stop-child.ts";
import { createWriteQueue } from "./write-queue.ts";

export interface HostedProcessOptions {
  readonly id: string;
  readonly child: SpawnedChild;
  readonly enclosed: EnclosedSpec;
  readonly walls: WallsReport;
  /** Variables that every process of this tree was started with, and no other. */
  readonly marks: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ProcessLimits;
}

/** Puts a spawned child behind the port: its pipes, its death and what is to be cleared away after it. */
export function createHostedProcess(options: HostedProcessOptions): HostedProcess {
  const { id, child, enclosed, clock, log, limits } = options;
  const input = createWriteQueue(child.stdin, limits.maxPendingBytes);
  const stderrTail = createStderrTail(child.stderr, limits.stderrTailBytes);
  const output = createOutputReader({
    stream: child.stdout,
    maxLineBytes: limits.maxLineBytes,
    onReaderFailure(error) {
      log.error({ err: error, process: id }, "The reader of a process's output failed; the process is killed.");
      void kill();
    },
  });
  let read = false;
  let stopping: Promise<void> | undefined;
  const exited = clearAway(options, output, () => read);

  function killTree(): void {
    output.discard();
    if (!child.hasGone()) killProcessTree(child.pid);
  }

  function kill(): Promise<ProcessExit> {
    killTree();
    return exited;
  }

  return {
    id,
    walls: options.walls,
    pid: child.pid,
    home: enclosed.home,
    workingDirectory: enclosed.workingDirectory,
    readLines(onLine, onOverflow) {
      read = true;
      output.read(onLine, onOverflow);
    },
    pause: output.pause,
    resume: output.resume,
    writeLine: input.writeLine,
    stderrTail,
    memoryBytes: () => (child.hasGone() ? 0 : readTreeMemory(child.pid)),
    hasEnded: child.hasGone,
    exited,
    async stop() {
      // Nobody waits for its words any more, and a child that blocks on its output could not end by itself.
      output.discard();
      const { programDepth } = enclosed;
      const { closeInputMs, terminateMs } = limits;
      stopping ??= stopChild({
        child,
        programDepth,
        closeInput: input.end,
        kill: killTree,
        clock,
        closeInputMs,
        terminateMs,
      });
      await stopping;
      return exited;
    },
    kill,
  };
}

/** Follows a child to its end, and removes all that is left of it. Never rejects. */
async function clearAway(
  options: HostedProcessOptions,
  output: OutputReader,
  wasRead: () => boolean,
): Promise<ProcessExit> {
  const { id, child, enclosed, log } = options;
  const exit = await child.gone;
  if (!wasRead()) output.discard();
  const marks = Object.entries(options.marks).map(([name, value]) => `${name}=${value}`);
  const killed = await killMarked((environment) => marks.every((mark) => environment.includes(mark)));
  await drain(options, output);
  await enclosed.dispose().catch((error: unknown) => {
    log.warn({ err: error, process: id }, "The private folder of a process could not be removed.");
  });
  log.debug({ process: id, pid: child.pid, code: exit.code, signal: exit.signal, killed }, "A process is gone.");
  return exit;
}

/** More than a pipe holds when its writer ends: what comes beyond is a survivor's. */
const mostLeftInPipe = 4 * 1024 * 1024;

/**
 * Waits for the last output. A survivor out of our reach may hold the pipes open for ever: a pipe that stays silent, or
 * brings more than could have been left in it, is given up.
 */
async function drain({ child, clock, limits }: HostedProcessOptions, output: OutputReader): Promise<void> {
  const atExit = output.bytes();
  let seen = -1;
  while (!(await settlesWithin(output.finished, limits.drainMs, clock))) {
    const bytes = output.bytes();
    if (!output.paused() && (bytes === seen || bytes - atExit > mostLeftInPipe)) output.close();
    seen = bytes;
  }
  const stderrClosed = child.stderr.closed || new Promise((resolve) => child.stderr.once("close", resolve));
  await settlesWithin(Promise.resolve(stderrClosed), limits.drainMs, clock);
  child.stderr.destroy();
  child.stdin.destroy();
}
