import { posix } from "node:path";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { HostUser, HostUsers } from "../../../core/ports/host-users.ts";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import type { ProgramRunner } from "../../../core/ports/program-runner.ts";
import type { EnclosedSpec, EnclosedStart, Sandbox } from "../../../core/ports/sandbox.ts";
import type { WallsReport } from "../../../core/ports/walls-report.ts";
import { checkFolders } from "../check-folders.ts";
import { giveToUser } from "../give-to-user.ts";
import { toHomeVariables } from "../home-path.ts";
import { contains, resolveLinks } from "../path-relations.ts";
import { type HomeFolders, makePrivateHome } from "../private-home.ts";
import { home as insideHome, proxyFolder, toDockerArguments, workingDirectory } from "./docker-arguments.ts";

export interface DockerSandboxOptions extends HomeFolders {
  /** Absolute path of `docker`, as the probe found it. */
  readonly command: string;
  readonly report: WallsReport;
  /** Holds what the program needs of a system; never pulled. */
  readonly image: string;
  /** Unprivileged users for the programs; undefined where all run as the server's own. */
  readonly hostUsers: HostUsers | undefined;
  /** What the client needs to find its engine: `DOCKER_HOST` and the like. */
  readonly clientEnvironment: Readonly<Record<string, string>>;
  /** Whose containers they are, for the start that clears away after a dead server. */
  readonly owner: string;
  readonly runner: ProgramRunner;
  readonly dataDirectory: string;
  readonly hiddenPaths: readonly string[];
}

const removeMs = 20_000;

/**
 * Runs each program in a container of its own: a root that cannot be written, no rights, no network but what is given. The client that is
 * spawned passes its input, its outputs and SIGTERM on; a client that is killed takes nothing with it, so that the container is removed by name.
 */
export function createDockerSandbox(options: DockerSandboxOptions): Sandbox {
  let started = 0;
  return {
    report: options.report,
    async enclose(spec, start) {
      started += 1;
      try {
        return await enclose(options, spec, start, `${options.namePrefix}${started}`);
      } catch (error) {
        if (error instanceof FailureError) throw error;
        throw new FailureError(toFailure("agent_unavailable"), { cause: error });
      }
    },
  };
}

async function enclose(
  options: DockerSandboxOptions,
  spec: ProcessSpec,
  { marks, programWords, limits }: EnclosedStart,
  name: string,
): Promise<EnclosedSpec> {
  const user = await findUser(options, spec);
  const folders = await checkFolders(spec.walls ?? {}, { ...options, workingDirectory });
  const place = { home: insideHome, workingDirectory };
  const made = await makePrivateHome(options, spec, { toPlace: () => place, linksBinds: false });
  try {
    if (process.getuid?.() === 0) await giveAll(options, made.directory, spec, user);
    const network = spec.walls?.network;
    const variables: Record<string, string> = {
      ...spec.env,
      ...toHomeVariables(insideHome, spec),
      ...(network?.kind === "proxy" ? { GANTRY_PROXY_SOCKET: posix.join(proxyFolder, network.socket) } : {}),
      HOME: insideHome,
      TMPDIR: "/tmp",
      PATH: "/usr/local/bin:/usr/bin:/bin",
    };
    const { image, owner } = options;
    const container = { image, owner, name, user, spec, folders, limits, programWords, homeDirectory: made.directory };
    return {
      ...place,
      command: options.command,
      args: toDockerArguments({ ...container, variables: Object.keys(variables) }),
      env: { ...options.clientEnvironment, ...variables, ...marks },
      cwd: "/",
      fds: [],
      programDepth: 0,
      async dispose() {
        await removeContainer(options, name);
        await made.remove();
      },
    };
  } catch (error) {
    await made.remove();
    throw error;
  }
}

async function findUser({ hostUsers }: DockerSandboxOptions, { walls }: ProcessSpec): Promise<HostUser> {
  if (hostUsers === undefined) return { uid: process.getuid?.() ?? 65_534, gid: process.getgid?.() ?? 65_534 };
  // Containers are apart from one another in all else: chats may share a user.
  return await hostUsers.userOf(walls?.owner ?? "");
}

/** What the server laid out becomes the user's own; what it took from elsewhere stays as it is. */
async function giveAll(
  { dataDirectory }: DockerSandboxOptions,
  home: string,
  { homeBinds = [], walls }: ProcessSpec,
  user: HostUser,
): Promise<void> {
  const proxy = walls?.network.kind === "proxy" ? [walls.network.directory] : [];
  const workspace = walls?.workspace?.hostPath;
  const data = resolveLinks(dataDirectory);
  const own = workspace !== undefined && data !== undefined && contains(data, workspace) ? [workspace] : [];
  for (const folder of [home, ...homeBinds.map(({ hostPath }) => hostPath), ...proxy, ...own]) {
    await giveToUser(folder, user);
  }
}

/** One that is gone already is no error: it goes by itself when its program ends. */
async function removeContainer(
  { runner, command, clientEnvironment }: DockerSandboxOptions,
  name: string,
): Promise<void> {
  await runner.run({ command, args: ["rm", "--force", name], env: clientEnvironment, timeoutMs: removeMs });
}
