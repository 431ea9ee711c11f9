import { join } from "node:path";
import type { Sandbox } from "../../../core/ports/sandbox.ts";
import type { WallsGap } from "../../../core/ports/walls-report.ts";
import { toLinkedVariables } from "../home-path.ts";
import { type HomeFolders, makePrivateHome } from "../private-home.ts";
import { toWallsProblem } from "../walls-problem.ts";

export interface NoneSandboxOptions extends HomeFolders {
  /** What is said to an agent with tools, where nobody asked for it to run without walls; undefined where an admin did. */
  readonly refusal?: string;
}

/**
 * No walls: the program runs as the server's user and can reach whatever that user can. It gets a private home on the host
 * and an environment that inherits nothing.
 */
export function createNoneSandbox({ refusal, ...folders }: NoneSandboxOptions): Sandbox {
  return {
    report: { kind: "none", enforced: [], gaps: toGaps() },
    async enclose(spec, { marks, programWords }) {
      if (spec.walls !== undefined && refusal !== undefined) throw toWallsProblem(refusal);
      if ((spec.walls?.folders ?? []).length > 0) {
        throw toWallsProblem("Without a sandbox no folder can be shown at another place than its own.");
      }
      const toPlace = (home: string) => ({
        home,
        workingDirectory: spec.walls?.workspace?.hostPath ?? join(home, "work"),
      });
      const { directory, remove } = await makePrivateHome(folders, spec, { toPlace, linksBinds: true });
      const [command = spec.command, ...args] = [...programWords, spec.command, ...spec.args];
      const place = toPlace(directory);
      return {
        ...place,
        command,
        args,
        env: {
          ...spec.env,
          ...toLinkedVariables(directory, spec),
          HOME: directory,
          TMPDIR: join(directory, "tmp"),
          PATH: "/usr/local/bin:/usr/bin:/bin",
          ...marks,
        },
        cwd: place.workingDirectory,
        fds: [],
        programDepth: 0,
        dispose: remove,
      };
    },
  };
}

function toGaps(): readonly WallsGap[] {
  const reason = "The program runs without a sandbox.";
  const remedy = "Start the server with --sandbox auto, on a machine where bubblewrap works.";
  return (["files", "network", "processes", "user"] as const).map((ability) => ({ ability, reason, remedy }));
}
