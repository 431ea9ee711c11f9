import { existsSync, readFileSync } from "node:fs";
import type { HostUser } from "../../../core/ports/host-users.ts";
import type { ProgramRunner } from "../../../core/ports/program-runner.ts";
import type { WallsGap, WallsReport } from "../../../core/ports/walls-report.ts";
import type { WallsAbility } from "../../../core/ports/walls-spec.ts";
import { findProgram } from "../find-program.ts";
import { toBaseWalls, toEntryWalls } from "./base-walls.ts";
import { type BubblewrapRemedy, explainBubblewrapFailure, howToInstall } from "./explain-bubblewrap-failure.ts";
import { isInSystem, toSystemWalls } from "./system-walls.ts";
import { toDropWords, toInsideIds, type WallsUser } from "./walls-user.ts";

export interface BubblewrapProbeOptions {
  readonly runner: ProgramRunner;
  /** Folders to look for `bwrap` and `setpriv` in, separated by colons, as in `PATH`. */
  readonly searchPath: string;
  /** Such as `linux`. */
  readonly platform: NodeJS.Platform;
  /** A user that programs may be given. */
  readonly sampleUser: HostUser;
}

export type BubblewrapProbe =
  | {
      readonly available: true;
      readonly command: string;
      /** Such as `0.8.0`. */
      readonly version: string;
      readonly userNamespace: boolean;
      /** Whether folders in memory can be given a size, which older releases cannot. */
      readonly sizesFolders: boolean;
      /** What changes to an unprivileged user; undefined where the server may not. */
      readonly setpriv: string | undefined;
      readonly report: WallsReport;
    }
  | ({ readonly available: false } & BubblewrapRemedy);

const deadlineMs = 10_000;

/** Builds the walls for real, around a program that does nothing, and says what can be had or why it cannot. */
export async function probeBubblewrap(options: BubblewrapProbeOptions): Promise<BubblewrapProbe> {
  if (options.platform !== "linux") {
    return { available: false, reason: "Bubblewrap needs Linux.", remedy: "Run Gantry on Linux to have walls." };
  }
  const command = findProgram("bwrap", options.searchPath);
  if (command === undefined)
    return { available: false, reason: "Bubblewrap (bwrap) is not installed.", remedy: howToInstall };
  const tryAs = (user: WallsUser): Promise<string | undefined> => tryWalls(options.runner, command, user);
  const ask = (word: string) => options.runner.run({ command, args: [word], env: {}, timeoutMs: deadlineMs });
  const [version, help, withUser, dropping] = await Promise.all([
    ask("--version"),
    ask("--help"),
    tryAs({ kind: "mapped" }),
    tryDropping(options, tryAs),
  ]);
  const userNamespace = withUser === undefined;
  // A server with enough rights can have all other walls without a user namespace.
  const failure = userNamespace ? undefined : await tryAs({ kind: "server" });
  if (withUser !== undefined && failure !== undefined) {
    return { available: false, ...explainBubblewrapFailure(withUser, readHostFacts()) };
  }
  const gaps = "gap" in dropping ? [dropping.gap] : [];
  const enforced: readonly WallsAbility[] = [
    "files",
    "network",
    "processes",
    ...(gaps.length === 0 ? ["user" as const] : []),
  ];
  return {
    available: true,
    command,
    version: version.stdout.trim().replace(/^bubblewrap /, ""),
    userNamespace,
    sizesFolders: /^\s*--size BYTES/m.test(help.stdout + help.stderr),
    setpriv: "setpriv" in dropping ? dropping.setpriv : undefined,
    report: { kind: "bubblewrap", enforced, gaps },
  };
}

type Dropping = { readonly setpriv: string } | { readonly gap: WallsGap };

/** Whether a program really becomes another user behind walls that were built with the server's rights. */
async function tryDropping(
  { searchPath, sampleUser }: BubblewrapProbeOptions,
  tryAs: (user: WallsUser) => Promise<string | undefined>,
): Promise<Dropping> {
  const toGap = (reason: string, remedy: string): Dropping => ({ gap: { ability: "user", reason, remedy } });
  if (process.getuid?.() !== 0) {
    return toGap(
      "The server does not run as root, so that all programs run as its own user.",
      "Start the server as root: it then gives each project's programs an unprivileged user of their own.",
    );
  }
  const setpriv = findProgram("setpriv", searchPath);
  if (setpriv === undefined || !isInSystem(setpriv)) {
    return toGap("The program setpriv is not installed.", "Install util-linux.");
  }
  const failure = await tryAs({ kind: "dropped", setpriv, ...sampleUser });
  if (failure === undefined) return { setpriv };
  return toGap(
    `The server may not change to an unprivileged user (${failure.split("\n")[0]}).`,
    "Give the server CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID and CAP_SETPCAP, and a range of users that exist in its user namespace (sandboxUsers).",
  );
}

/** What went wrong, in bubblewrap's own words; undefined where nothing did. */
async function tryWalls(runner: ProgramRunner, command: string, user: WallsUser): Promise<string | undefined> {
  const { uid } = toInsideIds(user);
  // Root without rights, where there is no user namespace, is not what is looked at here.
  const script = `test "$(id -u)" = ${uid} && ! grep -q '^ *[a-km-z].*:' /proc/net/dev`;
  const args = [
    ...toBaseWalls({ user, hostNetwork: false }),
    ...toSystemWalls([]),
    ...toEntryWalls(),
    "--",
    ...toDropWords(user),
    "/bin/sh",
    "-c",
    script,
  ];
  const result = await runner.run({ command, args, env: {}, timeoutMs: deadlineMs });
  if (result.outcome === "timed_out") return "bwrap did not end in time";
  return result.outcome === "ended" && result.code === 0
    ? undefined
    : result.stderr.trim() || "bwrap failed without a word";
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
