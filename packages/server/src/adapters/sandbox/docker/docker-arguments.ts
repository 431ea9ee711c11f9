import { basename, dirname, posix } from "node:path";
import type { HostUser } from "../../../core/ports/host-users.ts";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import type { WallsLimits } from "../../../core/ports/walls-spec.ts";
import type { ShownFolder } from "../check-folders.ts";
import { toHomePath } from "../home-path.ts";

/** Places inside, the same as behind other walls. */
export const home = "/home/agent";
export const workingDirectory = "/home/agent/work";
const programFolder = "/opt/agent";

/** By which containers are found that a dead server left behind. */
export const ownerLabel = "gantry.owner";

export interface ContainerSpec {
  readonly image: string;
  readonly name: string;
  /** Value of {@link ownerLabel}. */
  readonly owner: string;
  readonly user: HostUser;
  /** The home on the host. */
  readonly homeDirectory: string;
  readonly spec: ProcessSpec;
  /** The workspace and further folders. */
  readonly folders: readonly ShownFolder[];
  readonly limits: WallsLimits;
  /** Names of variables that the client passes on; their values stay out of the arguments. */
  readonly variables: readonly string[];
  readonly programWords: readonly string[];
}

/** The arguments of `docker` for one program: nothing is allowed but what is named here. */
export function toDockerArguments(container: ContainerSpec): readonly string[] {
  const { image, name, owner, user, spec, variables, programWords } = container;
  const life = ["--interactive", "--init", "--rm", "--pull", "never", "--name", name, "--log-driver", "none"];
  const marks = ["--label", `${ownerLabel}=${owner}`, "--hostname", "gantry"];
  const namespaces = ["--network", toNetwork(spec), "--ipc", "private", "--cgroupns", "private"];
  const rights = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
  const place = ["--user", `${user.uid}:${user.gid}`, "--workdir", workingDirectory];
  const folders = ["--tmpfs", "/tmp:rw,nosuid,nodev,mode=1777", ...toMounts(container)];
  const names = variables.flatMap((variable) => ["--env", variable]);
  const walls = [...life, ...marks, ...namespaces, ...rights, ...place, ...toLimits(container.limits), ...folders];
  const program = [...programWords, toInside(spec.command), ...spec.args];
  return ["run", ...walls, ...names, "--entrypoint", "", image, ...program];
}

/** A proxy is reached over its socket, without a network. */
function toNetwork({ walls, network }: ProcessSpec): string {
  return (walls?.network ?? network)?.kind === "host" ? "host" : "none";
}

function toLimits({ memoryBytes, cpuCores, processes, diskBytes }: WallsLimits): readonly string[] {
  // The same number for both: no swap besides.
  const memory =
    memoryBytes === undefined ? [] : ["--memory", String(memoryBytes), "--memory-swap", String(memoryBytes)];
  return [
    ...memory,
    ...(cpuCores === undefined ? [] : ["--cpus", String(cpuCores)]),
    ...(processes === undefined ? [] : ["--pids-limit", String(processes)]),
    ...(diskBytes === undefined ? [] : ["--ulimit", `fsize=${diskBytes}`]),
  ];
}

function toMounts({ homeDirectory, spec, folders }: ContainerSpec): readonly string[] {
  const { walls, homeBinds = [] } = spec;
  const network = walls?.network;
  const hidden = folders.flatMap(({ insidePath, hidden: paths }) => paths.map((path) => posix.join(insidePath, path)));
  const mounts = [
    toMount(homeDirectory, home, true),
    toMount(dirname(spec.command), programFolder, false),
    ...folders.map((folder) => toMount(folder.hostPath, folder.insidePath, folder.writable)),
    ...homeBinds.map(({ path, hostPath }) => toMount(hostPath, toHomePath(home, path), true)),
    ...(network?.kind === "proxy" ? [toMount(network.directory, proxyFolder, true)] : []),
    ...hidden.map((path) => `type=tmpfs,target=${path},tmpfs-size=0`),
  ];
  return mounts.flatMap((mount) => ["--mount", mount]);
}

/** Where the proxy's socket is shown, as behind other walls. */
export const proxyFolder = "/run/gantry/proxy";

/** Throws for a path that the list of comma-separated values would be cut at. */
function toMount(source: string, target: string, writable: boolean): string {
  for (const path of [source, target]) {
    if (/[,"\n]/.test(path)) throw new Error(`Docker cannot mount a path with a comma, a quote or a newline: ${path}`);
  }
  return `type=bind,source=${source},target=${target}${writable ? "" : ",readonly"}`;
}

function toInside(command: string): string {
  return posix.join(programFolder, basename(command));
}
