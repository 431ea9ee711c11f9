import { formatServerMark, isServerAlive, parseServerMark, toLeftoverPrefix } from "../adapters/process/server-mark.ts";
import type { ServerMark } from "../adapters/process/server-mark.ts";
import { createBubblewrapSandbox } from "../adapters/sandbox/bubblewrap/bubblewrap-sandbox.ts";
import { createDockerSandbox } from "../adapters/sandbox/docker/docker-sandbox.ts";
import { sweepContainers } from "../adapters/sandbox/docker/sweep-containers.ts";
import { createNoneSandbox } from "../adapters/sandbox/none/none-sandbox.ts";
import { createSeatbeltSandbox } from "../adapters/sandbox/seatbelt/seatbelt-sandbox.ts";
import type { HostUsers } from "../core/ports/host-users.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { Config } from "./config.ts";
import { toHiddenPaths } from "./hidden-paths.ts";
import { openSandboxUsers } from "./open-sandbox-users.ts";
import { clientEnvironment, type FoundSandbox, probeSandbox } from "./probe-sandbox.ts";
import { StartError } from "./start-error.ts";

export type SandboxSettings = Pick<
  Config,
  "sandbox" | "sandboxUsers" | "sandboxImage" | "cliEnvironment" | "dataDirectory"
>;

export interface SandboxChoice {
  readonly sandbox: Sandbox;
  /** Whether each program has a user or a user namespace that no other has. */
  readonly separateUsers: boolean;
  /** Who gives programs their users; undefined where all run as the server's own. */
  readonly hostUsers?: HostUsers | undefined;
  /** Why there are no walls, and how to get them. */
  readonly problem?: string;
  readonly advice?: string;
}

interface Place {
  readonly baseDirectory: string;
  readonly namePrefix: string;
}

/**
 * Picks the walls: bubblewrap where it works. `auto` goes on without walls where it does not, for chats alone, and says so;
 * a setting that names walls insists. Rejects with a {@link StartError}.
 */
export async function chooseSandbox(
  config: SandboxSettings,
  runner: ProgramRunner,
  server: ServerMark,
  baseDirectory: string,
): Promise<SandboxChoice> {
  const place: Place = { baseDirectory, namePrefix: toLeftoverPrefix(server) };
  if (config.sandbox === "none") {
    return { sandbox: createNoneSandbox(place), separateUsers: false, problem: "the configuration asks for none" };
  }
  const probe = await probeSandbox(config, runner);
  if (probe.available) return await build(config, runner, server, place, probe);
  const { reason, remedy } = probe;
  if (config.sandbox !== "auto")
    throw new StartError(`the sandbox "${config.sandbox}" cannot be had: ${reason} ${remedy}`);
  const refusal = `Agents with tools are not run without a sandbox. ${reason} ${remedy}`;
  return { sandbox: createNoneSandbox({ ...place, refusal }), separateUsers: false, problem: reason, advice: remedy };
}

async function build(
  config: SandboxSettings,
  runner: ProgramRunner,
  server: ServerMark,
  place: Place,
  probe: FoundSandbox,
): Promise<SandboxChoice> {
  const { command, report } = probe;
  const { dataDirectory, sandboxImage: image } = config;
  const common = { ...place, command, report, dataDirectory, hiddenPaths: toHiddenPaths(config) };
  if (probe.kind === "seatbelt") return { sandbox: createSeatbeltSandbox(common), separateUsers: false };
  if (probe.kind === "docker") {
    const isLeftover = (text: string): boolean => {
      const mark = parseServerMark(text);
      return mark !== undefined && mark.pidNamespace === server.pidNamespace && !isServerAlive(mark);
    };
    await sweepContainers({ runner, command, clientEnvironment, isLeftover });
    const hostUsers = probe.separateUsers ? await openSandboxUsers(config) : undefined;
    const owner = formatServerMark(server);
    const sandbox = createDockerSandbox({ ...common, runner, clientEnvironment, owner, image, hostUsers });
    return { sandbox, hostUsers, separateUsers: probe.separateUsers };
  }
  const { userNamespace, sizesFolders, setpriv } = probe;
  const hostUsers = setpriv === undefined ? undefined : await openSandboxUsers(config);
  const users = setpriv === undefined || hostUsers === undefined ? undefined : { setpriv, hostUsers };
  const sandbox = createBubblewrapSandbox({ ...common, userNamespace, sizesFolders, users });
  return { sandbox, hostUsers, separateUsers: setpriv !== undefined || userNamespace };
}
