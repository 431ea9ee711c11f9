import { closeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { HostedProcess, ProcessHost, ProcessSpec } from "../../core/ports/process-host.ts";
import type { EnclosedSpec, Sandbox } from "../../core/ports/sandbox.ts";
import type { WallsAbility, WallsLimits } from "../../core/ports/walls-spec.ts";
import { supervise, type WatchSize } from "./supervise.ts";
import type { WallsReport } from "../../core/ports/walls-report.ts";
import { createHostedProcess } from "./hosted-process.ts";
import { defaultProcessLimits, type ProcessLimits } from "./process-limits.ts";
import type { BoundedTree, ResourceLimits, TreeBounds } from "./limits/resource-limits.ts";
import { formatServerMark, ownerVariable, processVariable, type ServerMark } from "./server-mark.ts";
import { spawnChild, type SpawnedChild } from "./spawn-child.ts";

export interface ProcessHostOptions {
  readonly sandbox: Sandbox;
  /** The mark of this server, see `readServerMark`. */
  readonly server: ServerMark;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ProcessLimits>;
  /** Bounds of the kernel for each tree; missing where there are none, or where the walls bring their own. */
  readonly resources?: ResourceLimits;
  /** What a program gets whose walls do not say. */
  readonly bounds?: WallsLimits;
  /** Measures a workspace while its program runs; missing where nobody does. */
  readonly watchSize?: WatchSize;
}

export interface StoppableProcessHost extends ProcessHost {
  /** What stands around every program that it starts. */
  readonly walls: WallsReport;
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
  const walls = toWallsReport(options);
  const owner = formatServerMark(options.server);
  const starting = new Set<Promise<unknown>>();
  const running = new Set<HostedProcess>();
  let started = 0;
  let stopped: Promise<void> | undefined;

  async function start(spec: ProcessSpec): Promise<HostedProcess> {
    started += 1;
    const id = `process-${started}`;
    const marks = { [ownerVariable]: owner, [processVariable]: id };
    checkRequired(spec, walls);
    const bounds = { ...options.bounds, ...spec.walls?.limits };
    const tree = await options.resources?.open(id, toTreeBounds(spec, bounds));
    try {
      const programWords = tree?.innerWords ?? [];
      const enclosed = await sandbox.enclose(spec, { marks, firstDescriptor: 3, programWords, limits: bounds });
      const child = await spawnEnclosed(toBounded(enclosed, tree), () => stopped !== undefined);
      const report = { ...walls, ...(spec.credentialInside === true && { credentialInside: true as const }) };
      const hosted = createHostedProcess({ id, child, enclosed, walls: report, marks, tree, clock, log, limits });
      supervise({ hosted, spec, bounds, watchSize: options.watchSize, clock });
      return await admit(hosted);
    } catch (error) {
      await tree?.close();
      throw error;
    }
  }

  async function admit(hosted: HostedProcess): Promise<HostedProcess> {
    running.add(hosted);
    void hosted.exited.then(() => running.delete(hosted));
    if (stopped !== undefined) {
      await hosted.kill();
      throw toUnavailable("The host was stopped.");
    }
    log.debug({ process: hosted.id, pid: hosted.pid, sandbox: sandbox.report.kind }, "A process was started.");
    return hosted;
  }

  async function stopEverything(): Promise<void> {
    const underWay = [...starting].map((attempt) => attempt.catch(() => undefined));
    await Promise.all([...underWay, ...[...running].map((hosted) => hosted.kill())]);
  }

  return {
    walls,
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

/** The walls' own abilities, those of the kernel's bounds, and what is watched from here. */
function toWallsReport({ sandbox, resources, watchSize }: ProcessHostOptions): WallsReport {
  const { kind, enforced, gaps } = sandbox.report;
  const watched: readonly WallsAbility[] = watchSize === undefined ? ["wall_time"] : ["wall_time", "disk"];
  return {
    kind,
    enforced: [...enforced, ...(resources?.enforced ?? []), ...watched],
    gaps: [...gaps, ...(resources?.gaps ?? [])],
  };
}

/** A single file may be as large as the whole workspace; what it all takes together is watched. */
function toTreeBounds(
  { walls }: ProcessSpec,
  { memoryBytes, cpuCores, processes, wallTimeMs, diskBytes }: WallsLimits,
): TreeBounds {
  const seconds = wallTimeMs === undefined ? undefined : Math.ceil((wallTimeMs / 1000) * Math.max(1, cpuCores ?? 1));
  const own = walls === undefined ? {} : { fileBytes: diskBytes, cpuSeconds: seconds };
  return { memoryBytes, cpuCores, processes, ...own };
}

function toBounded(enclosed: EnclosedSpec, tree: BoundedTree | undefined): EnclosedSpec {
  const [command = enclosed.command, ...args] = [...(tree?.outerWords ?? []), enclosed.command, ...enclosed.args];
  return { ...enclosed, command, args };
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
