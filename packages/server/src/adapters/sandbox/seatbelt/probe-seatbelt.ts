import type { ProgramRunner } from "../../../core/ports/program-runner.ts";
import type { WallsGap, WallsReport } from "../../../core/ports/walls-report.ts";
import { findProgram } from "../find-program.ts";
import { toProfile } from "./to-profile.ts";

export interface SeatbeltProbeOptions {
  readonly runner: ProgramRunner;
  readonly searchPath: string;
  readonly platform: NodeJS.Platform;
}

export type SeatbeltProbe =
  | { readonly available: true; readonly command: string; readonly version: string; readonly report: WallsReport }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** Puts a program behind the rules for real, and says what they cannot do. */
export async function probeSeatbelt({ runner, searchPath, platform }: SeatbeltProbeOptions): Promise<SeatbeltProbe> {
  if (platform !== "darwin") {
    return {
      available: false,
      reason: "Seatbelt (sandbox-exec) is a part of macOS.",
      remedy: "Use --sandbox auto here.",
    };
  }
  const command = findProgram("sandbox-exec", `${searchPath}:/usr/bin`);
  if (command === undefined) {
    return { available: false, reason: "The program sandbox-exec is not there.", remedy: "Use --sandbox docker." };
  }
  const profile = toProfile({ readable: [], writable: [], hidden: [], sockets: [], hostNetwork: false });
  // What it may run, and what it may not read.
  const script = "cat /private/etc/passwd >/dev/null 2>&1 && exit 1; exit 0";
  const args = ["-p", profile, "/bin/sh", "-c", script];
  const { code, stderr } = await runner.run({ command, args, env: {}, timeoutMs: 10_000 });
  if (code !== 0) {
    const words = stderr.trim().split("\n")[0] ?? "";
    return { available: false, reason: `Its rules do not hold here (${words}).`, remedy: "Use --sandbox docker." };
  }
  return {
    available: true,
    command,
    version: "of macOS",
    report: { kind: "seatbelt", enforced: ["files", "network"], gaps: toGaps() },
  };
}

function toGaps(): readonly WallsGap[] {
  const remedy = "Use --sandbox docker, or run Gantry on Linux.";
  return [
    {
      ability: "processes",
      reason: "Programs see the names of other processes, and may outlive a server that is killed.",
      remedy,
    },
    { ability: "user", reason: "Programs run as the server's user.", remedy },
  ];
}
