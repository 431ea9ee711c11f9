import { openResourceLimits } from "../adapters/process/limits/open-resource-limits.ts";
import type { ResourceLimits } from "../adapters/process/limits/resource-limits.ts";
import { readServerMark, toLeftoverPrefix, type ServerMark } from "../adapters/process/server-mark.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { WallsLimits } from "../core/ports/walls-spec.ts";
import { chooseSandbox, probeSandbox, type SandboxSettings } from "./choose-sandbox.ts";
import type { SandboxProbe } from "./cli/doctor.ts";
import type { Config } from "./config.ts";

export interface OpenWalls {
  readonly sandbox: Sandbox;
  readonly resources: ResourceLimits;
  /** Why there are no walls, and how to get them; empty where there are. */
  readonly why: { readonly problem?: string; readonly advice?: string };
}

/** The walls of this machine and the bounds that its kernel holds, as they are found. Rejects with a `StartError`. */
export async function openWalls(
  config: SandboxSettings,
  runner: ProgramRunner,
  server: ServerMark,
  runDirectory: string,
): Promise<OpenWalls> {
  const { sandbox, separateUsers, ...why } = await chooseSandbox(config, runner, server, runDirectory);
  const resources = await openResourceLimits({ runner, namePrefix: toLeftoverPrefix(server), separateUsers });
  return { sandbox, resources, why };
}

/** What the doctor tells of the walls: what {@link openWalls} would find, without anything being made. */
export async function examineWalls(config: SandboxSettings, runner: ProgramRunner): Promise<SandboxProbe> {
  const probe = await probeSandbox(config, runner);
  if (!probe.available) return probe;
  const namePrefix = toLeftoverPrefix(readServerMark("doctor"));
  const separateUsers = probe.setpriv !== undefined || probe.userNamespace;
  const { enforced, gaps } = await openResourceLimits({ runner, namePrefix, separateUsers });
  const { report, version } = probe;
  return {
    available: true,
    version,
    report: { ...report, enforced: [...report.enforced, ...enforced, "wall_time"], gaps: [...report.gaps, ...gaps] },
  };
}

const megabyte = 1024 * 1024;

/** What a program gets whose walls do not say. */
export function toWallsLimits({ limits }: Pick<Config, "limits">): WallsLimits {
  return {
    memoryBytes: limits.agentMemoryMb * megabyte,
    ...(limits.agentCpuCores === 0 ? {} : { cpuCores: limits.agentCpuCores }),
    processes: limits.agentProcesses,
    wallTimeMs: limits.agentTimeMs,
    diskBytes: limits.agentDiskMb * megabyte,
  };
}
