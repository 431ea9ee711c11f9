import { readFile, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import { resolveLinks } from "../path-relations.ts";
import { isInSystem, toOpenFolders } from "./system-walls.ts";

/** Where the socket of the proxy is shown inside, and what makes an address of it. */
const proxyFolder = "/run/gantry/proxy";
const bridgeFolder = "/opt/gantry";
const bridgeScript = `${bridgeFolder}/proxy-bridge.mjs`;
/** In a network of the program's own: nobody else can have it. */
const proxyPort = "3128";
/** The loopback of that network: what the program itself serves there. */
const ownLoopback = "localhost,127.0.0.1,::1";

/**
 * Starts the bridge, waits until it listens, and becomes the program: that has the same number as before, its own pipes to itself and no
 * child that it does not know. The bridge belongs to the first process of the namespace, and dies with it, or with the program: where the
 * server is killed while the walls go up, that first process may be left, and would wait for the bridge.
 */
const startScript = `
ready=$(env -i "$1" --v8-pool-size=0 --max-old-space-size=64 "$2" "$3" "$4" $$ </dev/null 2>/dev/null &)
if [ "$ready" != ready ]; then echo "the proxy of this program could not be reached" >&2; exit 70; fi
shift 4
exec "$@"`;

export interface NetworkWalls {
  readonly isHost: boolean;
  /** Bubblewrap's arguments. */
  readonly args: readonly string[];
  /**
   * The proxy by the names that programs look for; `GANTRY_PROXY_SOCKET`: the path of its socket. Empty where there is none.
   */
  readonly env: Readonly<Record<string, string>>;
  /** What is laid out besides, readable for the program. */
  readonly files: readonly { readonly place: string; readonly content: string }[];
  /** The words in front of the program's command. */
  readonly words: readonly string[];
}

/** The network of a program: none where nothing is said. Rejects where the program could not use its proxy. */
export async function toNetworkWalls({ walls, network }: ProcessSpec): Promise<NetworkWalls> {
  const wanted = walls?.network ?? network ?? { kind: "none" };
  if (wanted.kind !== "proxy") return { isHost: wanted.kind === "host", args: [], env: {}, files: [], words: [] };
  const socket = posix.join(proxyFolder, wanted.socket);
  const node = await findNode();
  return {
    isHost: false,
    args: [
      ...toOpenFolders(proxyFolder),
      "--bind",
      wanted.directory,
      proxyFolder,
      ...toOpenFolders(bridgeScript),
      ...node.args,
    ],
    env: { ...toProxyVariables(`http://127.0.0.1:${proxyPort}`), GANTRY_PROXY_SOCKET: socket },
    files: [{ place: bridgeScript, content: await readFile(join(import.meta.dirname, "proxy-bridge.mjs"), "utf8") }],
    words: ["/bin/sh", "-c", startScript, "gantry", node.command, bridgeScript, socket, proxyPort],
  };
}

/** The server's own Node, which the walls show where the system does not. */
async function findNode(): Promise<{ readonly command: string; readonly args: readonly string[] }> {
  const node = resolveLinks(process.execPath);
  if (node === undefined) throw new Error("The server's own Node is gone.");
  if (isInSystem(node)) return { command: node, args: [] };
  if (((await stat(node)).mode & 0o005) !== 0o005)
    throw new Error(`Users other than its owner may not run ${node}: chmod o+rx it.`);
  return { command: `${bridgeFolder}/node`, args: ["--ro-bind", node, `${bridgeFolder}/node`] };
}

/** Some programs read the one spelling, some the other, and Node reads them where it is told to. */
function toProxyVariables(url: string): Record<string, string> {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  const proxies = [...names, ...names.map((name) => name.toLowerCase())].map((name) => [name, url]);
  return { ...Object.fromEntries(proxies), NO_PROXY: ownLoopback, no_proxy: ownLoopback, NODE_USE_ENV_PROXY: "1" };
}
