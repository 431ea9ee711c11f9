import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { BoundReason, ExitReason, HostedProcess, ProcessExit } from "../../core/ports/process-host.ts";
import type { EnclosedSpec } from "../../core/ports/sandbox.ts";
import type { WallsReport } from "../../core/ports/walls-report.ts";
import { killMarked } from "./kill-marked.ts";
import type { BoundedTree } from "./limits/resource-limits.ts";
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
  /** The bounds that the kernel holds; undefined where there are none. */
  readonly tree: BoundedTree | undefined;
  /** Variables that every process of this tree was started with, and no other. */
  readonly marks: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ProcessLimits;
}

/** What the supervisor of bounds sees of a process, besides what all see. */
export interface SupervisedProcess extends HostedProcess {
  /** Ends the tree as {@link HostedProcess.stop} does, and notes the bound that it came to. */
  endFor(reason: BoundReason): Promise<ProcessExit>;
  /** How often the kernel ended something of the tree for want of memory. */
  outOfMemory(): Promise<number>;
  /** Resolves as soon as the process is gone. */
  readonly gone: Promise<unknown>;
}

/** Puts a spawned child behind the port: its pipes, its death and what is to be cleared away after it. */
export function createHostedProcess(options: HostedProcessOptions): SupervisedProcess {
  const { id, child, enclosed, tree, clock, log, limits } = options;
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
  /** Why we end it; what comes first tells. */
  let ending: ExitReason | undefined;
  const outOfMemory = async (): Promise<number> => (await tree?.outOfMemory()) ?? 0;
  const exited = clearAway(options, output, { wasRead: () => read, outOfMemory, ending: () => ending });

  function killTree(): void {
    output.discard();
    if (!child.hasGone()) killProcessTree(child.pid);
  }

  function kill(): Promise<ProcessExit> {
    if (!child.hasGone()) ending ??= "killed";
    killTree();
    return exited;
  }

  async function end(reason: ExitReason): Promise<ProcessExit> {
    if (!child.hasGone()) ending ??= reason;
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
    gone: child.gone,
    exited,
    outOfMemory,
    stop: () => end("stopped"),
    endFor: end,
    kill,
  };
}

interface LastLook {
  wasRead(): boolean;
  outOfMemory(): Promise<number>;
  ending(): ExitReason | undefined;
}

/** Follows a child to its end, and removes all that is left of it. Never rejects. */
async function clearAway(options: HostedProcessOptions, output: OutputReader, look: LastLook): Promise<ProcessExit> {
  const { id, child, enclosed, tree, log } = options;
  const { code, signal } = await child.gone;
  const reason = look.ending() ?? ((await look.outOfMemory()) > 0 ? "out_of_memory" : "ended");
  if (!look.wasRead()) output.discard();
  await tree?.close();
  const marks = Object.entries(options.marks).map(([name, value]) => `${name}=${value}`);
  const killed = await killMarked((environment) => marks.every((mark) => environment.includes(mark)));
  await drain(options, output);
  await enclosed.dispose().catch((error: unknown) => {
    log.warn({ err: error, process: id }, "The private folder of a process could not be removed.");
  });
  log.debug({ process: id, pid: child.pid, code, signal, reason, killed }, "A process is gone.");
  return { code, signal, reason };
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
