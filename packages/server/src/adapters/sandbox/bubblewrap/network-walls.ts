import { posix } from "node:path";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import { toOpenFolders } from "./system-walls.ts";

/** Where the socket of the proxy is shown inside. */
const proxyFolder = "/run/gantry/proxy";

export interface NetworkWalls {
  readonly isHost: boolean;
  /** Bubblewrap's arguments. */
  readonly args: readonly string[];
  /** `GANTRY_PROXY_SOCKET`: the path of the proxy's socket, where there is one. */
  readonly env: Readonly<Record<string, string>>;
}

/** The network of a program: none where nothing is said. */
export function toNetworkWalls({ walls, network }: ProcessSpec): NetworkWalls {
  const wanted = walls?.network ?? network ?? { kind: "none" };
  if (wanted.kind !== "proxy") return { isHost: wanted.kind === "host", args: [], env: {} };
  return {
    isHost: false,
    args: [...toOpenFolders(proxyFolder), "--bind", wanted.directory, proxyFolder],
    env: { GANTRY_PROXY_SOCKET: posix.join(proxyFolder, wanted.socket) },
  };
}
