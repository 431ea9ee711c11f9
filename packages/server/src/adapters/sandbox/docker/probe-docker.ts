import type { HostUser } from "../../../core/ports/host-users.ts";
import type { ProgramRunner } from "../../../core/ports/program-runner.ts";
import type { WallsGap, WallsReport } from "../../../core/ports/walls-report.ts";
import type { WallsAbility } from "../../../core/ports/walls-spec.ts";
import { findProgram } from "../find-program.ts";

export interface DockerProbeOptions {
  readonly runner: ProgramRunner;
  readonly searchPath: string;
  readonly image: string;
  readonly clientEnvironment: Readonly<Record<string, string>>;
  readonly sampleUser: HostUser;
  /** Whether the server gives each owner's programs a user of their own. */
  readonly separateUsers: boolean;
}

export type DockerProbe =
  | { readonly available: true; readonly command: string; readonly version: string; readonly report: WallsReport }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

const deadlineMs = 20_000;

/** Runs a container for real, with the walls around it, and asks the engine which bounds it holds. */
export async function probeDocker(options: DockerProbeOptions): Promise<DockerProbe> {
  const { runner, image, clientEnvironment: env } = options;
  const command = findProgram("docker", options.searchPath);
  if (command === undefined) {
    return { available: false, reason: "Docker is not installed.", remedy: "Install Docker, or use --sandbox auto." };
  }
  const ask = (args: readonly string[]) => runner.run({ command, args, env, timeoutMs: deadlineMs });
  const info = await ask(["info", "--format", "{{json .}}"]);
  const engine = parseInfo(info.stdout);
  if (info.code !== 0 || engine === undefined) {
    const reason = `No Docker engine answers (${toLine(info.stderr)}).`;
    return { available: false, reason, remedy: "Start the engine, and let the server's user reach its socket." };
  }
  const { uid, gid } = options.sampleUser;
  const walls = ["--rm", "--pull", "never", "--network", "none", "--read-only", "--cap-drop", "ALL"];
  const rights = ["--security-opt", "no-new-privileges", "--user", `${uid}:${gid}`, "--entrypoint", ""];
  const tried = await ask([
    "run",
    ...walls,
    ...rights,
    image,
    "/bin/sh",
    "-c",
    "test ! -w / && test $(id -u) = " + uid,
  ]);
  if (tried.code !== 0) {
    const reason = `No container of the image ${image} can be run (${toLine(tried.stderr)}).`;
    return {
      available: false,
      reason,
      remedy: "Name an image that is there with sandboxImage: Linux with glibc and /bin/sh.",
    };
  }
  return {
    available: true,
    command,
    version: engine.ServerVersion ?? "",
    report: toReport(engine, options.separateUsers),
  };
}

interface EngineInfo {
  readonly ServerVersion?: string;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly PidsLimit?: boolean;
}

/** An engine that cannot be reached answers with its own errors in the place of facts. */
function parseInfo(text: string): EngineInfo | undefined {
  try {
    const info: EngineInfo | null = JSON.parse(text);
    return info?.ServerVersion === undefined || info.ServerVersion === "" ? undefined : info;
  } catch {
    return undefined;
  }
}

function toReport(engine: EngineInfo, separateUsers: boolean): WallsReport {
  const held: readonly [WallsAbility, boolean | undefined][] = [
    ["memory", engine.MemoryLimit],
    ["cpu", engine.CpuCfsQuota],
    ["process_count", engine.PidsLimit],
    ["user", separateUsers],
  ];
  const toGap = (ability: WallsAbility): WallsGap =>
    ability === "user"
      ? {
          ability,
          reason: "The server does not run as root, so that all programs run as its own user.",
          remedy: "Start the server as root.",
        }
      : {
          ability,
          reason: "The Docker engine does not hold this bound here.",
          remedy: "See the warnings of `docker info`.",
        };
  return {
    kind: "docker",
    enforced: [
      "files",
      "network",
      "processes",
      ...held.filter(([, holds]) => holds === true).map(([ability]) => ability),
    ],
    gaps: held.filter(([, holds]) => holds !== true).map(([ability]) => toGap(ability)),
  };
}

function toLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
