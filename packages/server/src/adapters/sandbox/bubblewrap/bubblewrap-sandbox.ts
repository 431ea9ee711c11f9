import { access } from "node:fs/promises";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import type { EnclosedSpec, Sandbox } from "../../../core/ports/sandbox.ts";
import { toHomePath, toHomeVariables } from "../home-path.ts";
import { home, temporaryFolder, toBaseWalls, toEntryWalls, toIdentity, workingDirectory } from "./base-walls.ts";
import { toProgramWalls } from "./program-walls.ts";
import { toSystemWalls } from "./system-walls.ts";
import { closeDescriptors, openTemporaryDescriptor } from "./temporary-descriptor.ts";

export interface BubblewrapSandboxOptions {
  /** Absolute path of `bwrap`, as the probe found it. */
  readonly command: string;
  /** Whether an own user namespace can be had, as the probe found it. */
  readonly userNamespace: boolean;
  /** Where files live for the moment between their making and the loss of their name. */
  readonly baseDirectory: string;
  /** How their names begin, so that a later start knows whose they were. */
  readonly namePrefix: string;
  /** Folders that must not be seen even where they lie within what is shown: the owner's home, the data directory, the server's code. */
  readonly hiddenPaths: readonly string[];
}

/** Descriptors that bubblewrap reads at its start, numbered as the child gets them. */
interface SeededFiles {
  readonly fds: readonly number[];
  readonly args: readonly string[];
}

/**
 * Runs the program in namespaces of its own: it sees the system read-only, its own folder, and a home and `/tmp` that live in
 * memory and go with it. The network is the host's. It dies with the server, however that dies.
 */
export function createBubblewrapSandbox(options: BubblewrapSandboxOptions): Sandbox {
  return {
    kind: "bubblewrap",
    enforces: { files: true, diesWithParent: true, processes: true, network: false },
    async enclose(spec, marks) {
      try {
        return await enclose(options, spec, marks);
      } catch (error) {
        throw new FailureError(toFailure("agent_unavailable"), { cause: error });
      }
    },
  };
}

async function enclose(
  options: BubblewrapSandboxOptions,
  spec: ProcessSpec,
  marks: Readonly<Record<string, string>>,
): Promise<EnclosedSpec> {
  const program = toProgramWalls(spec.command, options.hiddenPaths);
  const binds = await toHomeBinds(spec);
  const base = [
    ...toBaseWalls(options.userNamespace),
    ...toSystemWalls(options.hiddenPaths),
    ...program.args,
    ...binds,
  ];
  const unseen = Object.keys(marks).flatMap((name) => ["--unsetenv", name]);
  const seeded = await seedFiles(options, spec);
  return {
    command: options.command,
    args: [...base, ...seeded.args, ...unseen, ...toEntryWalls(), "--", program.command, ...spec.args],
    // Inherited through the wall rather than named in its arguments, which every user of the machine can read.
    env: {
      ...spec.env,
      ...toHomeVariables(home, spec),
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
    dispose: async () => undefined,
  };
}

async function toHomeBinds({ homeBinds = [] }: ProcessSpec): Promise<readonly string[]> {
  const args: string[] = [];
  for (const { path, hostPath } of homeBinds) {
    await access(hostPath);
    args.push("--bind", hostPath, toHomePath(home, path));
  }
  return args;
}

async function seedFiles(options: BubblewrapSandboxOptions, spec: ProcessSpec): Promise<SeededFiles> {
  const { passwd, group } = toIdentity(options.userNamespace);
  const homeFiles = spec.homeFiles?.({ home, workingDirectory }) ?? [];
  const files = [
    { place: "/etc/passwd", mode: "0644", content: passwd },
    { place: "/etc/group", mode: "0644", content: group },
    ...homeFiles.map(({ path, content }) => ({ place: toHomePath(home, path), mode: "0600", content })),
  ];
  const fds: number[] = [];
  const args: string[] = [];
  try {
    for (const { place, mode, content } of files) {
      fds.push(await openTemporaryDescriptor(options.baseDirectory, options.namePrefix, content));
      // The first of them becomes the child's descriptor 3.
      args.push("--perms", mode, "--file", String(fds.length + 2), place);
    }
    return { fds, args };
  } catch (error) {
    await closeDescriptors(fds);
    throw error;
  }
}
