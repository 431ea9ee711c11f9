import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProgramRunner } from "../../../core/ports/program-runner.ts";
import { toBaseWalls, toEntryWalls } from "./base-walls.ts";
import { type BubblewrapRemedy, explainBubblewrapFailure, howToInstall } from "./explain-bubblewrap-failure.ts";
import { toSystemWalls } from "./system-walls.ts";

export interface BubblewrapProbeOptions {
  readonly runner: ProgramRunner;
  /** Folders to look for `bwrap` in, separated by colons, as in `PATH`. */
  readonly searchPath: string;
  /** Such as `linux`. */
  readonly platform: NodeJS.Platform;
}

export type BubblewrapProbe =
  | {
      readonly available: true;
      readonly command: string;
      /** Such as `0.8.0`. */
      readonly version: string;
      readonly userNamespace: boolean;
    }
  | ({ readonly available: false } & BubblewrapRemedy);

const deadlineMs = 10_000;

/** Builds the walls once for real, around a program that does nothing, and says what can be had or why it cannot. */
export async function probeBubblewrap(options: BubblewrapProbeOptions): Promise<BubblewrapProbe> {
  if (options.platform !== "linux") {
    return { available: false, reason: "Bubblewrap needs Linux.", remedy: "Run Gantry on Linux to have walls." };
  }
  const command = findBubblewrap(options.searchPath);
  if (command === undefined)
    return { available: false, reason: "Bubblewrap (bwrap) is not installed.", remedy: howToInstall };
  const version = await options.runner.run({ command, args: ["--version"], env: {}, timeoutMs: deadlineMs });
  const withUser = await tryWalls(options.runner, command, true);
  const userNamespace = withUser === undefined;
  // A server with enough rights can have all other walls without a user namespace.
  const failure = userNamespace ? undefined : await tryWalls(options.runner, command, false);
  if (withUser !== undefined && failure !== undefined) {
    return { available: false, ...explainBubblewrapFailure(withUser, readHostFacts()) };
  }
  return { available: true, command, version: version.stdout.trim().replace(/^bubblewrap /, ""), userNamespace };
}

/** What went wrong, in bubblewrap's own words; undefined where nothing did. */
async function tryWalls(runner: ProgramRunner, command: string, userNamespace: boolean): Promise<string | undefined> {
  const args = [
    ...toBaseWalls(userNamespace),
    ...toSystemWalls([]),
    ...toEntryWalls(),
    "--",
    "/bin/sh",
    "-c",
    "exit 0",
  ];
  const result = await runner.run({ command, args, env: {}, timeoutMs: deadlineMs });
  if (result.outcome === "timed_out") return "bwrap did not end in time";
  return result.outcome === "ended" && result.code === 0
    ? undefined
    : result.stderr.trim() || "bwrap failed without a word";
}

function findBubblewrap(searchPath: string): string | undefined {
  const places = searchPath.split(":").filter((folder) => folder.startsWith("/"));
  return places.map((folder) => join(folder, "bwrap")).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readHostFacts(): {
  readonly container: boolean;
  readonly appArmorRestricts: boolean;
  readonly namespacesOff: boolean;
} {
  return {
    container: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
    appArmorRestricts: readSetting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1",
    namespacesOff:
      readSetting("/proc/sys/kernel/unprivileged_userns_clone") === "0" ||
      readSetting("/proc/sys/user/max_user_namespaces") === "0",
  };
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
