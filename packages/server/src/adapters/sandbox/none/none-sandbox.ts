import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import type { Sandbox } from "../../../core/ports/sandbox.ts";
import type { WallsGap } from "../../../core/ports/walls-report.ts";
import { toHomePath, toLinkedVariables } from "../home-path.ts";
import { toWallsProblem } from "../walls-problem.ts";

export interface NoneSandboxOptions {
  /** What is said to an agent with tools, where nobody asked for it to run without walls; undefined where an admin did. */
  readonly refusal?: string;
  /** Where the private homes are made; made itself where it is missing, for its owner alone. */
  readonly baseDirectory: string;
  /** How a home's name begins, so that a later start knows whose it was. */
  readonly namePrefix: string;
}

/**
 * No walls: the program runs as the server's user and can reach whatever that user can. It gets a private home on the host
 * and an environment that inherits nothing.
 */
export function createNoneSandbox({ baseDirectory, namePrefix, refusal }: NoneSandboxOptions): Sandbox {
  return {
    report: { kind: "none", enforced: [], gaps: toGaps() },
    async enclose(spec, { marks, programWords }) {
      if (spec.walls !== undefined && refusal !== undefined) throw toWallsProblem(refusal);
      if ((spec.walls?.folders ?? []).length > 0) {
        throw toWallsProblem("Without a sandbox no folder can be shown at another place than its own.");
      }
      const home = await makeHome(baseDirectory, namePrefix, spec);
      const [command = spec.command, ...args] = [...programWords, spec.command, ...spec.args];
      const workingDirectory = spec.walls?.workspace?.hostPath ?? toWorkingDirectory(home);
      return {
        command,
        args,
        env: {
          ...spec.env,
          ...toLinkedVariables(home, spec),
          HOME: home,
          TMPDIR: join(home, "tmp"),
          PATH: "/usr/local/bin:/usr/bin:/bin",
          ...marks,
        },
        cwd: workingDirectory,
        fds: [],
        home,
        workingDirectory,
        programDepth: 0,
        dispose: () => remove(home),
      };
    },
  };
}

function toGaps(): readonly WallsGap[] {
  const reason = "The program runs without a sandbox.";
  const remedy = "Start the server with --sandbox auto, on a machine where bubblewrap works.";
  return (["files", "network", "processes", "user"] as const).map((ability) => ({ ability, reason, remedy }));
}

async function makeHome(baseDirectory: string, namePrefix: string, spec: ProcessSpec): Promise<string> {
  let home: string | undefined;
  try {
    await mkdir(baseDirectory, { recursive: true, mode: 0o700 });
    home = await mkdtemp(join(await realpath(baseDirectory), namePrefix));
    await furnish(home, spec);
    return home;
  } catch (error) {
    if (home !== undefined) await remove(home);
    throw new FailureError(toFailure("agent_unavailable"), { cause: error });
  }
}

async function furnish(home: string, { homeFiles, homeBinds = [] }: ProcessSpec): Promise<void> {
  const workingDirectory = toWorkingDirectory(home);
  await mkdir(workingDirectory, { mode: 0o700 });
  await mkdir(join(home, "tmp"), { mode: 0o700 });
  for (const { path, hostPath } of homeBinds) {
    const place = toHomePath(home, path);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await symlink(hostPath, place);
  }
  for (const { path, content } of homeFiles?.({ home, workingDirectory }) ?? []) {
    const place = toHomePath(home, path);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await writeFile(place, content, { mode: 0o600, flag: "wx" });
  }
}

function toWorkingDirectory(home: string): string {
  return join(home, "work");
}

/** Links within are removed as links: what they point to stays. */
async function remove(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true });
}
