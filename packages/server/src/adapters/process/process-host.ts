import { closeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { HostedProcess, ProcessHost, ProcessSpec } from "../../core/ports/process-host.ts";
import type { EnclosedSpec, Sandbox } from "../../core/ports/sandbox.ts";
import type { WallsReport } from "../../core/ports/walls-report.ts";
import { createHostedProcess } from "./hosted-process.ts";
import { defaultProcessLimits, type ProcessLimits } from "./process-limits.ts";
import { formatServerMark, ownerVariable, processVariable, type ServerMark } from "./server-mark.ts";
import { spawnChild, type SpawnedChild } from "./spawn-child.ts";

export interface ProcessHostOptions {
  readonly sandbox: Sandbox;
  /** The mark of this server, see `readServerMark`. */
  readonly server: ServerMark;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ProcessLimits>;
}

export interface StoppableProcessHost extends ProcessHost {
  /**
   * Kills everything it started and resolves when all of it is gone. A spawn that is under way rejects, and so does
   * every later one. May be called twice.
   */
  stopAll(): Promise<void>;
}

/** Starts programs inside a sandbox's walls. Throws outside the main thread. */
export function createProcessHost(options: ProcessHostOptions): StoppableProcessHost {
  // The signal that ends a walled program with its parent is bound to the thread that spawned it.
  if (!isMainThread) throw new Error("Processes must be hosted by the main thread.");
  const { sandbox, clock, log } = options;
  const limits = { ...defaultProcessLimits, ...options.limits };
  const owner = formatServerMark(options.server);
  const starting = new Set<Promise<unknown>>();
  const running = new Set<HostedProcess>();
  let started = 0;
  let stopped: Promise<void> | undefined;

  async function start(spec: ProcessSpec): Promise<HostedProcess> {
    started += 1;
    const id = `process-${started}`;
    const marks = { [ownerVariable]: owner, [processVariable]: id };
    checkRequired(spec, sandbox.report);
    const enclosed = await sandbox.enclose(spec, { marks, firstDescriptor: 3 });
    const child = await spawnEnclosed(enclosed, () => stopped !== undefined);
    const hosted = createHostedProcess({ id, child, enclosed, walls: sandbox.report, marks, clock, log, limits });
    running.add(hosted);
    void hosted.exited.then(() => running.delete(hosted));
    if (stopped !== undefined) {
      await hosted.kill();
      throw toUnavailable("The host was stopped.");
    }
    log.debug({ process: id, pid: hosted.pid, sandbox: sandbox.report.kind }, "A process was started.");
    return hosted;
  }

  async function stopEverything(): Promise<void> {
    const underWay = [...starting].map((attempt) => attempt.catch(() => undefined));
    await Promise.all([...underWay, ...[...running].map((hosted) => hosted.kill())]);
  }

  return {
    async spawn(spec) {
      if (stopped !== undefined) throw toUnavailable("The host was stopped.");
      const attempt = start(spec);
      starting.add(attempt);
      try {
        return await attempt;
      } catch (error) {
        log.warn({ err: error, command: spec.command }, "A process could not be started.");
        throw error instanceof FailureError ? error : toUnavailable(error);
      } finally {
        starting.delete(attempt);
      }
    },
    stopAll() {
      // Set before the first await within, so that whatever is under way sees it.
      stopped ??= Promise.resolve().then(stopEverything);
      return stopped;
    },
  };
}

/** Spawns what the walls prepared; whatever comes of it, their descriptors are closed, and on failure they are taken down. */
async function spawnEnclosed(enclosed: EnclosedSpec, isStopped: () => boolean): Promise<SpawnedChild> {
  try {
    if (isStopped()) throw new Error("The host was stopped.");
    return await spawnChild(enclosed);
  } catch (error) {
    await enclosed.dispose();
    throw toUnavailable(error);
  } finally {
    for (const fd of enclosed.fds) closeSync(fd);
  }
}

/** Nothing is weakened in silence: what cannot be enforced is refused, with the reason. */
function checkRequired({ walls }: ProcessSpec, report: WallsReport): void {
  for (const ability of walls?.requires ?? []) {
    if (report.enforced.includes(ability)) continue;
    const gap = report.gaps.find((each) => each.ability === ability);
    const words = [`This machine does not enforce what the work requires: ${ability}.`, gap?.reason, gap?.remedy];
    throw new FailureError(toFailure("walls_unavailable", words.filter((word) => word !== undefined).join(" ")));
  }
}

function toUnavailable(cause: unknown): FailureError {
  return new FailureError(toFailure("agent_unavailable"), { cause });
}
