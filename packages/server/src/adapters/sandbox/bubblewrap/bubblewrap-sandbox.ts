import { access, stat } from "node:fs/promises";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { HostUsers } from "../../../core/ports/host-users.ts";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import type { EnclosedSpec, EnclosedStart, Sandbox } from "../../../core/ports/sandbox.ts";
import type { WallsLimits } from "../../../core/ports/walls-spec.ts";
import type { WallsReport } from "../../../core/ports/walls-report.ts";
import { toHomePath, toHomeVariables } from "../home-path.ts";
import { home, temporaryFolder, toBaseWalls, toEntryWalls, workingDirectory } from "./base-walls.ts";
import { toFolderWalls } from "./folder-walls.ts";
import { checkFolders } from "../check-folders.ts";
import { giveToUser } from "../give-to-user.ts";
import { contains, resolveLinks } from "../path-relations.ts";
import { toHomeFolderWalls } from "./home-folder-walls.ts";
import { toNetworkWalls } from "./network-walls.ts";
import { toProgramWalls } from "./program-walls.ts";
import { seedFiles } from "./seed-files.ts";
import { toSystemWalls } from "./system-walls.ts";
import { toDropWords, type WallsUser } from "./walls-user.ts";

export interface BubblewrapSandboxOptions {
  /** Absolute path of `bwrap`, as the probe found it. */
  readonly command: string;
  /** What the probe found. */
  readonly report: WallsReport;
  /** Whether an own user namespace can be had, as the probe found it. */
  readonly userNamespace: boolean;
  /** Whether folders in memory can be given a size, as the probe found it. */
  readonly sizesFolders: boolean;
  /** Unprivileged users for the programs, and the program that changes to them; undefined where the server may not change users. */
  readonly users: { readonly hostUsers: HostUsers; readonly setpriv: string } | undefined;
  /** Where files live for the moment between their making and the loss of their name. */
  readonly baseDirectory: string;
  /** How their names begin, so that a later start knows whose they were. */
  readonly namePrefix: string;
  /** The server's own folder; what it laid out in there may be given to a program's user. */
  readonly dataDirectory: string;
  /** Folders that must not be seen even where they lie within what is shown: the owner's home, the data directory, the server's code. */
  readonly hiddenPaths: readonly string[];
}

/**
 * Runs the program in namespaces of its own: it sees the system read-only, its own folder, the workspace it was given, and a
 * home and `/tmp` that live in memory and go with it. It has no network but what its spec names. It dies with the server, however that dies.
 */
export function createBubblewrapSandbox(options: BubblewrapSandboxOptions): Sandbox {
  return {
    report: options.report,
    bridgesProxy: true,
    async enclose(spec, start) {
      const { user, giveBack } = await findUser(options, spec).catch(fail);
      try {
        return { ...(await enclose(options, spec, start, user)), dispose: async () => giveBack() };
      } catch (error) {
        giveBack();
        return fail(error);
      }
    },
  };
}

function fail(error: unknown): never {
  if (error instanceof FailureError) throw error;
  throw new FailureError(toFailure("agent_unavailable"), { cause: error });
}

interface FoundUser {
  readonly user: WallsUser;
  giveBack(): void;
}

/** Programs of one owner share a user, as do those that share a folder; of all others each has one that nobody else has meanwhile. */
async function findUser({ users, userNamespace }: BubblewrapSandboxOptions, spec: ProcessSpec): Promise<FoundUser> {
  const keep = (): void => {};
  if (users === undefined) return { user: { kind: userNamespace ? "mapped" : "server" }, giveBack: keep };
  const { hostUsers, setpriv } = users;
  const shared = spec.homeBinds?.some((bind) => bind.shared === true) === true;
  if (shared || spec.walls !== undefined) {
    // No project's id is empty.
    const user = await hostUsers.userOf(shared ? "" : (spec.walls?.owner ?? ""));
    return { user: { kind: "dropped", ...user, setpriv }, giveBack: keep };
  }
  const { uid, gid, giveBack } = hostUsers.lend();
  return { user: { kind: "dropped", uid, gid, setpriv }, giveBack };
}

async function enclose(
  options: BubblewrapSandboxOptions,
  spec: ProcessSpec,
  { marks, firstDescriptor, programWords, limits }: EnclosedStart,
  user: WallsUser,
): Promise<Omit<EnclosedSpec, "dispose">> {
  const program = toProgramWalls(spec.command, options.hiddenPaths, user.kind === "dropped");
  // Looked at before anything is given away.
  const folders = await checkFolders(spec.walls ?? {}, { ...options, workingDirectory });
  if (user.kind === "dropped") await prepareForUser(options, spec, user);
  const network = await toNetworkWalls(spec);
  const base = [
    ...toBaseWalls({ user, hostNetwork: network.isHost, temporaryBytes: toTemporaryBytes(options, limits) }),
    ...toSystemWalls(options.hiddenPaths),
    ...program.args,
    ...toFolderWalls(folders),
    ...network.args,
    ...(await toHomeBinds(spec, user)),
  ];
  const unseen = Object.keys(marks).flatMap((name) => ["--unsetenv", name]);
  const seeded = await seedFiles({ ...options, user, firstDescriptor, files: network.files }, spec);
  const walls = [...base, ...seeded.args, ...unseen, ...toEntryWalls()];
  return {
    command: options.command,
    args: [...walls, "--", ...toDropWords(user), ...programWords, ...network.words, program.command, ...spec.args],
    // Inherited through the wall rather than named in its arguments, which every user of the machine can read.
    env: {
      ...spec.env,
      ...toHomeVariables(home, spec),
      ...network.env,
      HOME: home,
      TMPDIR: temporaryFolder,
      PATH: "/usr/local/bin:/usr/bin:/bin",
      ...marks,
    },
    cwd: "/",
    fds: seeded.fds,
    home,
    workingDirectory,
    // The spawned wall, the first process of the new PID namespace, the program.
    programDepth: 2,
  };
}

/** Two folders lie in memory: together they hold what the program may use of it. */
function toTemporaryBytes(
  { sizesFolders }: BubblewrapSandboxOptions,
  { memoryBytes }: WallsLimits,
): number | undefined {
  return sizesFolders && memoryBytes !== undefined ? Math.max(1, Math.floor(memoryBytes / 2)) : undefined;
}

/** What the server laid out for the program becomes its user's own; what it took from elsewhere stays as it is. */
async function prepareForUser(
  { dataDirectory }: BubblewrapSandboxOptions,
  { command, homeBinds = [], walls, network = walls?.network }: ProcessSpec,
  user: Extract<WallsUser, { kind: "dropped" }>,
): Promise<void> {
  const mode = (await stat(command)).mode;
  if ((mode & 0o005) !== 0o005) throw new Error(`Users other than its owner may not run ${command}: chmod o+rx it.`);
  const proxy = network?.kind === "proxy" ? [network.directory] : [];
  for (const folder of [...homeBinds.map(({ hostPath }) => hostPath), ...proxy]) await giveToUser(folder, user);
  const workspace = walls?.workspace?.hostPath;
  const data = resolveLinks(dataDirectory);
  if (workspace !== undefined && data !== undefined && contains(data, workspace) && data !== workspace) {
    await giveToUser(workspace, user);
  }
}

async function toHomeBinds({ homeBinds = [] }: ProcessSpec, user: WallsUser): Promise<readonly string[]> {
  const args: string[] = toHomeFolderWalls(user, homeBinds);
  for (const { path, hostPath } of homeBinds) {
    await access(hostPath);
    args.push("--bind", hostPath, toHomePath(home, path));
  }
  return args;
}
