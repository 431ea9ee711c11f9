import { dirname, join } from "node:path";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import type { Sandbox } from "../../../core/ports/sandbox.ts";
import type { WallsReport } from "../../../core/ports/walls-report.ts";
import { toLinkedVariables } from "../home-path.ts";
import { type HomeFolders, makePrivateHome } from "../private-home.ts";
import { toWallsProblem } from "../walls-problem.ts";
import { toProfile } from "./to-profile.ts";

export interface SeatbeltSandboxOptions extends HomeFolders {
  /** Absolute path of `sandbox-exec`, as the probe found it. */
  readonly command: string;
  readonly report: WallsReport;
  /** Folders that no program may read or write, but for what it is given in them. */
  readonly hiddenPaths: readonly string[];
}

/**
 * The walls of macOS: rules of the kernel about files and network for the program and all that it starts. Folders show at their own places, and
 * the program runs as the server's user.
 */
export function createSeatbeltSandbox({ command, report, hiddenPaths, ...folders }: SeatbeltSandboxOptions): Sandbox {
  return {
    report,
    async enclose(spec, { marks }) {
      const moved = spec.walls?.folders?.find(({ hostPath, insidePath }) => hostPath !== insidePath);
      if (moved !== undefined) {
        throw toWallsProblem("On macOS no folder can be shown at another place than its own.");
      }
      const toPlace = (home: string) => ({
        home,
        workingDirectory: spec.walls?.workspace?.hostPath ?? join(home, "work"),
      });
      const { directory, remove } = await makePrivateHome(folders, spec, { toPlace, linksBinds: true });
      const profile = toProfile(toFolders(spec, directory, hiddenPaths));
      const network = spec.walls?.network;
      const place = toPlace(directory);
      return {
        ...place,
        command,
        args: ["-p", profile, spec.command, ...spec.args],
        env: {
          ...spec.env,
          ...toLinkedVariables(directory, spec),
          ...(network?.kind === "proxy" ? { GANTRY_PROXY_SOCKET: join(network.directory, network.socket) } : {}),
          HOME: directory,
          TMPDIR: join(directory, "tmp"),
          PATH: "/usr/local/bin:/usr/bin:/bin",
          ...marks,
        },
        cwd: place.workingDirectory,
        fds: [],
        // It becomes the program.
        programDepth: 0,
        dispose: remove,
      };
    },
  };
}

function toFolders({ command, homeBinds = [], walls, network }: ProcessSpec, home: string, hidden: readonly string[]) {
  const given = [...(walls?.workspace === undefined ? [] : [walls.workspace]), ...(walls?.folders ?? [])];
  const pick = (writable: boolean): string[] =>
    given.filter((folder) => folder.writable === writable).map(({ hostPath }) => hostPath);
  const binds = homeBinds.map(({ hostPath }) => hostPath);
  const proxy = walls?.network.kind === "proxy" ? [walls.network.directory] : [];
  return {
    readable: [dirname(command), ...pick(false)],
    writable: [home, ...binds, ...proxy, ...pick(true)],
    sockets: [home, ...binds, ...proxy],
    hidden,
    hostNetwork: (walls?.network ?? network)?.kind === "host",
  };
}
