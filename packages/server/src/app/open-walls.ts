import { openResourceLimits } from "../adapters/process/limits/open-resource-limits.ts";
import type { ResourceLimits } from "../adapters/process/limits/resource-limits.ts";
import {
  createProcessHost,
  type ProcessHostOptions,
  type StoppableProcessHost,
} from "../adapters/process/process-host.ts";
import { readServerMark, toLeftoverPrefix, type ServerMark } from "../adapters/process/server-mark.ts";
import type { HostUsers } from "../core/ports/host-users.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { WallsLimits } from "../core/ports/walls-spec.ts";
import { chooseSandbox, type SandboxSettings } from "./choose-sandbox.ts";
import type { Config } from "./config.ts";
import { probeSandbox, type SandboxProbe } from "./probe-sandbox.ts";

export interface OpenWalls {
  readonly sandbox: Sandbox;
  /** Undefined where the walls bring bounds of their own. */
  readonly resources: ResourceLimits | undefined;
  /** Who gives programs their users, for whoever lays out their folders; undefined where all run as the server's own. */
  readonly hostUsers: HostUsers | undefined;
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
  const { sandbox, separateUsers, hostUsers, ...why } = await chooseSandbox(config, runner, server, runDirectory);
  // A container's bounds are its engine's business, which its report tells.
  const resources =
    sandbox.report.kind === "docker"
      ? undefined
      : await openResourceLimits({ runner, namePrefix: toLeftoverPrefix(server), separateUsers });
  return { sandbox, resources, hostUsers, why };
}

/** What the doctor tells of the walls: what {@link openWalls} would find, without anything being made. */
export async function examineWalls(config: SandboxSettings, runner: ProgramRunner): Promise<SandboxProbe> {
  const probe = await probeSandbox(config, runner);
  if (!probe.available || probe.kind === "docker") return probe;
  const namePrefix = toLeftoverPrefix(readServerMark("doctor"));
  const separateUsers = probe.kind === "bubblewrap" && (probe.setpriv !== undefined || probe.userNamespace);
  const { enforced, gaps } = await openResourceLimits({ runner, namePrefix, separateUsers });
  const { report } = probe;
  const whole = [...report.enforced, ...enforced, "wall_time" as const];
  return { ...probe, report: { ...report, enforced: whole, gaps: [...report.gaps, ...gaps] } };
}

const megabyte = 1024 * 1024;

export interface HostParts extends Pick<ProcessHostOptions, "server" | "clock" | "log" | "watchSize"> {
  readonly config: Pick<Config, "limits">;
}

/** The host of all programs, behind these walls. */
export function openHost({ sandbox, resources }: OpenWalls, { config, ...parts }: HostParts): StoppableProcessHost {
  const bounds = toWallsLimits(config);
  return createProcessHost({ sandbox, ...(resources === undefined ? {} : { resources }), bounds, ...parts });
}

/** What a program gets whose walls do not say. */
function toWallsLimits({ limits }: Pick<Config, "limits">): WallsLimits {
  return {
    memoryBytes: limits.agentMemoryMb * megabyte,
    ...(limits.agentCpuCores === 0 ? {} : { cpuCores: limits.agentCpuCores }),
    processes: limits.agentProcesses,
    wallTimeMs: limits.agentTimeMs,
    diskBytes: limits.agentDiskMb * megabyte,
  };
}
