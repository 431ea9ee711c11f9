import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readProcessTree } from "../process-tree.ts";
import { controllers, type Controller, type Hierarchy } from "./find-cgroups.ts";
import { ownGroup } from "./read-hierarchies.ts";

/** A version 2 hierarchy in which groups can be bounded, or why there is none. */
export type Prepared = { readonly hierarchy: Hierarchy } | { readonly reason: string };

/**
 * Makes the server's own group one whose children can be bounded: the server, its launcher and what it started move into a child. Done
 * only where nobody else is in the group, which is what a service manager's delegation, or a container, gives.
 */
export async function prepareDelegated(hierarchy: Hierarchy): Promise<Prepared> {
  const { directory } = hierarchy;
  try {
    const available = await readWords(join(directory, "cgroup.controllers"));
    const wanted = controllers.filter((controller) => available.includes(controller));
    if (wanted.length === 0) return { reason: "no controller is passed on to the server's control group" };
    // The root of all groups alone has no type, and may have both processes and bounded children.
    if (existsSync(join(directory, "cgroup.type"))) {
      const strangers = await moveOwn(directory);
      if (strangers) return { reason: "the server shares its control group with other programs" };
    }
    const enabled: Controller[] = [];
    for (const controller of wanted) {
      await writeFile(join(directory, "cgroup.subtree_control"), `+${controller}`);
      enabled.push(controller);
    }
    return { hierarchy: { ...hierarchy, controllers: enabled } };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return { reason: `the server may not change its control group (${code})` };
  }
}

/** Whether somebody else is in the group; else all are moved. */
async function moveOwn(directory: string): Promise<boolean> {
  // Again and again: a probe that is just starting another program is in the midst of it.
  for (let round = 0; round < 20; round += 1) {
    const inside = (await readWords(join(directory, "cgroup.procs"))).map(Number);
    if (inside.length === 0) return false;
    const own = new Set([process.ppid, ...readProcessTree(process.pid)]);
    if (!inside.every((pid) => own.has(pid))) return true;
    await mkdir(join(directory, ownGroup), { recursive: true });
    for (const pid of inside) {
      await writeFile(join(directory, ownGroup, "cgroup.procs"), String(pid)).catch((error: unknown) => {
        // Gone meanwhile.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      });
    }
  }
  return true;
}

async function readWords(file: string): Promise<readonly string[]> {
  return (await readFile(file, "utf8")).split(/\s+/).filter(Boolean);
}
