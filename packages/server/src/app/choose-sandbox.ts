import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toLeftoverPrefix, type ServerMark } from "../adapters/process/server-mark.ts";
import { createBubblewrapSandbox } from "../adapters/sandbox/bubblewrap/bubblewrap-sandbox.ts";
import { type BubblewrapProbe, probeBubblewrap } from "../adapters/sandbox/bubblewrap/probe-bubblewrap.ts";
import { openHostUsers, type UserRange } from "../adapters/sandbox/host-users.ts";
import { createNoneSandbox } from "../adapters/sandbox/none/none-sandbox.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import { chooseUserRange } from "./choose-user-range.ts";
import type { Config } from "./config.ts";
import { StartError } from "./start-error.ts";

/** The server's own code: in an image it may lie below a system folder that is shown. */
const repository = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");

/** What lies in a home that no program is to see, also where the home itself is shown to it. */
const secretFolders = [
  ".claude",
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".kube",
  ".docker",
  ".config/gcloud",
  ".config/gh",
];

export type SandboxSettings = Pick<Config, "sandbox" | "sandboxUsers" | "cliEnvironment" | "dataDirectory">;

interface SandboxChoice {
  readonly sandbox: Sandbox;
  /** Whether each program has a user or a user namespace that no other has. */
  readonly separateUsers: boolean;
  /** Why there are no walls, and how to get them. */
  readonly problem?: string;
  readonly advice?: string;
}

/**
 * Picks the walls: bubblewrap where it works. `auto` goes on without walls where it does not, for chats alone, and says so;
 * a setting that names bubblewrap insists. Rejects with a {@link StartError}.
 */
export async function chooseSandbox(
  config: SandboxSettings,
  runner: ProgramRunner,
  server: ServerMark,
  baseDirectory: string,
): Promise<SandboxChoice> {
  const place = { baseDirectory, namePrefix: toLeftoverPrefix(server) };
  if (config.sandbox === "none") {
    return { sandbox: createNoneSandbox(place), separateUsers: false, problem: "the configuration asks for none" };
  }
  const probe = await probeSandbox(config, runner);
  if (!probe.available) {
    if (config.sandbox !== "auto") {
      throw new StartError(`the sandbox "bubblewrap" cannot be had: ${probe.reason} ${probe.remedy}`);
    }
    const refusal = `Agents with tools are not run without a sandbox. ${probe.reason} ${probe.remedy}`;
    const sandbox = createNoneSandbox({ ...place, refusal });
    return { sandbox, separateUsers: false, problem: probe.reason, advice: probe.remedy };
  }
  const { HOME: ownHome, CLAUDE_CONFIG_DIR: ownConfig } = config.cliEnvironment.reveal();
  const homes = ownHome === undefined ? [] : [ownHome, ...secretFolders.map((name) => join(ownHome, name))];
  const sandbox = createBubblewrapSandbox({
    ...place,
    command: probe.command,
    report: probe.report,
    userNamespace: probe.userNamespace,
    users: probe.setpriv === undefined ? undefined : { setpriv: probe.setpriv, hostUsers: await openUsers(config) },
    dataDirectory: config.dataDirectory,
    hiddenPaths: [config.dataDirectory, repository, ...homes, ...(ownConfig === undefined ? [] : [ownConfig])],
  });
  return { sandbox, separateUsers: probe.setpriv !== undefined || probe.userNamespace };
}

/** What bubblewrap does on this machine, found by trying. */
export function probeSandbox(
  { cliEnvironment, sandboxUsers }: Pick<Config, "cliEnvironment" | "sandboxUsers">,
  runner: ProgramRunner,
): Promise<BubblewrapProbe> {
  const { PATH: searchPath = "" } = cliEnvironment.reveal();
  const { last } = toUserRange(sandboxUsers);
  const sampleUser = { uid: last, gid: last };
  return probeBubblewrap({ runner, searchPath, platform: process.platform, sampleUser });
}

function toUserRange(setting: string | undefined): UserRange {
  return chooseUserRange(setting, readText("/proc/self/uid_map"));
}

function openUsers({ dataDirectory, sandboxUsers }: SandboxSettings): ReturnType<typeof openHostUsers> {
  const range = toUserRange(sandboxUsers);
  const taken = ["/etc/passwd", "/etc/group"].flatMap((file) =>
    readText(file)
      .split("\n")
      .map((line) => Number(line.split(":")[2])),
  );
  const tableFile = join(dataDirectory, "sandbox-users.json");
  return openHostUsers({ tableFile, range, taken: new Set(taken) }).catch((cause: unknown) => {
    throw new StartError(`the table of users in ${tableFile} cannot be read: move it away to have a new one made`, {
      cause,
    });
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
