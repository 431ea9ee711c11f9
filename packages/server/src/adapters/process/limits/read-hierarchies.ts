import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { findCgroups, type Hierarchy } from "./find-cgroups.ts";

/** Where a server goes itself: a group of version 2 whose children are bounded may hold no process of its own. */
export const ownGroup = "gantry-server";

/** The hierarchies of this machine, each with the group in which those of programs are made. */
export async function readHierarchies(): Promise<readonly Hierarchy[]> {
  const [membership = "", mounts = ""] = await Promise.all(
    ["/proc/self/cgroup", "/proc/self/mountinfo"].map((file) => readFile(file, "utf8").catch(() => "")),
  );
  return findCgroups(membership, mounts).map((hierarchy) => {
    const hasMoved = basename(hierarchy.directory) === ownGroup;
    return hasMoved ? { ...hierarchy, directory: dirname(hierarchy.directory) } : hierarchy;
  });
}
