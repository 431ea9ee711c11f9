import { toHomeMode, toInsideIds, toUserWalls, type WallsUser } from "./walls-user.ts";

/** Places inside the walls, the same for every program. */
export const home = "/home/agent";
export const workingDirectory = "/home/agent/work";
export const temporaryFolder = "/tmp";

/**
 * Switches of the whole machine. A fresh `/proc` shows them as writable to whoever is root on the host, capabilities or not:
 * behind a server that runs as root, a program could have the kernel run its own command (`kernel.core_pattern`).
 */
const machineSwitches = ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "driver", "mtrr", "pressure"];

export interface BaseWalls {
  readonly user: WallsUser;
  /** Whether the program keeps the host's network; else it has a loopback interface of its own and nothing more. */
  readonly hostNetwork: boolean;
  /** Most bytes of the home and, again, of `/tmp`, which both lie in memory; half of the machine's where it is missing. */
  readonly temporaryBytes?: number | undefined;
}

/** Bubblewrap's arguments for the namespaces and the empty world in them. The system's folders come after these. */
export function toBaseWalls({ user, hostNetwork, temporaryBytes }: BaseWalls): readonly string[] {
  const size = temporaryBytes === undefined ? [] : ["--size", String(temporaryBytes)];
  const namespaces = [
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    ...(hostNetwork ? [] : ["--unshare-net"]),
    "--hostname",
    "gantry",
  ];
  const restraints = ["--die-with-parent", "--new-session"];
  const switches = machineSwitches.flatMap((name) => ["--ro-bind-try", `/proc/${name}`, `/proc/${name}`]);
  const devices = [
    "--proc",
    "/proc",
    ...switches,
    "--dev",
    "/dev",
    "--perms",
    "1777",
    ...size,
    "--tmpfs",
    temporaryFolder,
  ];
  const mode = toHomeMode(user, "0700");
  const homes = ["--perms", "0755", "--dir", "/home", "--perms", mode, ...size, "--tmpfs", home];
  const work = ["--perms", mode, "--dir", workingDirectory];
  return [...toUserWalls(user), ...namespaces, ...restraints, ...devices, ...homes, ...work];
}

/** The last arguments: nothing more is laid out, so the root can be closed. */
export function toEntryWalls(): readonly string[] {
  return ["--remount-ro", "/", "--chdir", workingDirectory];
}

/** Accounts as the program sees them: the server's own name on the host stays there. */
export function toIdentity(user: WallsUser): { readonly passwd: string; readonly group: string } {
  const { uid, gid } = toInsideIds(user);
  return {
    passwd: `agent:x:${uid}:${gid}:agent:${home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`,
    group: `agent:x:${gid}:\nnogroup:x:65534:\n`,
  };
}
