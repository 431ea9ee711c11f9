/** What is bounded by control groups. */
export type Controller = "memory" | "cpu" | "pids";
export const controllers: readonly Controller[] = ["memory", "cpu", "pids"];

/** A tree of control groups, and the server's own group in it. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** The server's own group. */
  readonly directory: string;
  /** Those of interest that belong to the hierarchy; of version 2 its `cgroup.controllers` tells. */
  readonly controllers: readonly Controller[];
}

/**
 * Where the groups of this process are, of both versions side by side. `membership` is the text of `/proc/self/cgroup`,
 * `mounts` that of `/proc/self/mountinfo`.
 */
export function findCgroups(membership: string, mounts: string): readonly Hierarchy[] {
  const mounted = mounts.split("\n").flatMap(parseMount);
  return membership.split("\n").flatMap((line): Hierarchy[] => {
    const [, number, names = "", path = ""] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (number === undefined) return [];
    const version = number === "0" && names === "" ? 2 : 1;
    const own = controllers.filter((controller) => names.split(",").includes(controller));
    if (version === 1 && own.length === 0) return [];
    const mount = mounted.find((each) =>
      version === 2
        ? each.type === "cgroup2"
        : each.type === "cgroup" && own.every((name) => each.options.includes(name)),
    );
    const inside = mount === undefined ? undefined : withinRoot(mount.root, path);
    if (mount === undefined || inside === undefined) return [];
    return [{ version, directory: `${mount.place}${inside}`.replace(/\/$/, ""), controllers: own }];
  });
}

interface Mount {
  readonly root: string;
  readonly place: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** `36 35 98:0 /root /place options… - type source super-options` */
function parseMount(line: string): Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root, place] = before.split(" ");
  const [type, , options = ""] = after.split(" ");
  if (root === undefined || place === undefined || type === undefined || !type.startsWith("cgroup")) return [];
  return [{ root, place, type, options: options.split(",") }];
}

/** A mount may show a part alone; a group beside that part cannot be reached. */
function withinRoot(root: string, path: string): string | undefined {
  if (root === "/") return path;
  if (path === root) return "/";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}
