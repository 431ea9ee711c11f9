import { release } from "node:os";
import type { ProgramRunner } from "../../../core/ports/program-runner.ts";
import type { WallsGap } from "../../../core/ports/walls-report.ts";
import type { WallsAbility } from "../../../core/ports/walls-spec.ts";
import { type Cgroup, createCgroup, readOutOfMemory, removeCgroup, toEntry } from "./cgroup.ts";
import { toEnterWords } from "./enter-words.ts";
import { controllers, type Controller, type Hierarchy } from "./find-cgroups.ts";
import { prepareDelegated } from "./prepare-delegated.ts";
import { findPrlimit, toPrlimitWords } from "./prlimit-words.ts";
import { readHierarchies } from "./read-hierarchies.ts";
import type { BoundedTree, ResourceLimits, TreeBounds } from "./resource-limits.ts";

export interface ResourceLimitsOptions {
  readonly runner: ProgramRunner;
  /** How the names of groups begin, so that a later start knows whose they were. */
  readonly namePrefix: string;
  /** Whether each program has a user, or a user namespace, that no other has: processes can be counted by user then. */
  readonly separateUsers: boolean;
}

const abilities: Readonly<Record<Controller, WallsAbility>> = { memory: "memory", cpu: "cpu", pids: "process_count" };

/** Finds out, by trying, which bounds the kernel holds for a tree of processes here. */
export async function openResourceLimits(options: ResourceLimitsOptions): Promise<ResourceLimits> {
  const { usable, problems } = await findUsable(options);
  const held = controllers.filter((controller) => usable.some((each) => each.controllers.includes(controller)));
  const prlimit = await findPrlimit();
  const countsByUser = !held.includes("pids") && options.separateUsers && isNewKernel();
  return {
    enforced: held.map((controller) => abilities[controller]),
    gaps: controllers
      .filter((controller) => !held.includes(controller))
      .map((controller) => toGap(controller, problems, prlimit !== undefined && countsByUser)),
    open: async (name, bounds) => {
      const groups = await openGroups(usable, `${options.namePrefix}${name}`, bounds);
      const { processes, cpuSeconds, fileBytes } = bounds;
      const innerWords = toPrlimitWords(prlimit, {
        fileBytes,
        processes: countsByUser ? processes : undefined,
        cpuSeconds: held.includes("cpu") ? undefined : cpuSeconds,
      });
      return toTree(groups, innerWords);
    },
  };
}

function toTree(groups: readonly Cgroup[], innerWords: readonly string[]): BoundedTree {
  return {
    outerWords: toEnterWords(groups.map(toEntry)),
    innerWords,
    async outOfMemory() {
      return Math.max(0, ...(await Promise.all(groups.map(readOutOfMemory))));
    },
    async close() {
      await Promise.all(groups.map(removeCgroup));
    },
  };
}

async function openGroups(
  hierarchies: readonly Hierarchy[],
  name: string,
  bounds: TreeBounds,
): Promise<readonly Cgroup[]> {
  const made = await Promise.allSettled(hierarchies.map((hierarchy) => createCgroup(hierarchy, name, bounds)));
  const failed = made.find((outcome) => outcome.status === "rejected");
  const groups = made.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  if (failed === undefined) return groups;
  await Promise.all(groups.map(removeCgroup));
  throw failed.reason;
}

interface Usable {
  readonly usable: readonly Hierarchy[];
  readonly problems: readonly Problem[];
}

/** Why a bound does not hold; of all controllers where none is named. */
interface Problem {
  readonly controller?: Controller;
  readonly reason: string;
}

/** Each hierarchy with the controllers that were seen to hold. */
async function findUsable(options: ResourceLimitsOptions): Promise<Usable> {
  const problems: Problem[] = [];
  const looks = (await readHierarchies()).map(async (found): Promise<Hierarchy> => {
    const prepared = found.version === 2 ? await prepareDelegated(found) : { hierarchy: found };
    if ("reason" in prepared) {
      problems.push(prepared);
      return { ...found, controllers: [] };
    }
    const { hierarchy } = prepared;
    const trying = hierarchy.controllers.map(async (controller) => {
      const reason = await tryController({ ...hierarchy, controllers: [controller] }, options);
      if (reason === undefined) return [controller];
      problems.push({ controller, reason });
      return [];
    });
    return { ...hierarchy, controllers: (await Promise.all(trying)).flat() };
  });
  const usable = (await Promise.all(looks)).filter((hierarchy) => hierarchy.controllers.length > 0);
  return { usable, problems };
}

const megabyte = 1024 * 1024;
const trials: Readonly<Record<Controller, { readonly bounds: TreeBounds; readonly script: string }>> = {
  // `tail` keeps all that it might have to show.
  memory: {
    bounds: { memoryBytes: 32 * megabyte },
    script: "head -c 67108864 /dev/zero | tail -c 67108864 >/dev/null",
  },
  pids: { bounds: { processes: 4 }, script: "for i in 1 2 3 4 5 6; do sleep 1 >/dev/null 2>&1 & done" },
  cpu: { bounds: { cpuCores: 0.5 }, script: "exit 7" },
};

/** What keeps a bound from holding; undefined where it was seen to hold. */
async function tryController(hierarchy: Hierarchy, options: ResourceLimitsOptions): Promise<string | undefined> {
  const [controller] = hierarchy.controllers;
  if (controller === undefined) return undefined;
  const { bounds, script } = trials[controller];
  try {
    const group = await createCgroup(hierarchy, `${options.namePrefix}probe-${controller}`, bounds);
    try {
      const [command = "", ...words] = toEnterWords([toEntry(group)]);
      const args = [...words, "/bin/sh", "-c", script];
      const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };
      const { outcome, code } = await options.runner.run({ command, args, env, timeoutMs: 10_000 });
      if (outcome !== "ended" || code === 125) return `a program could not be put under the bound of ${controller}`;
      if (controller === "memory" && (await readOutOfMemory(group)) === 0) return "the bound of memory did not hold";
      return code === 0 && controller === "pids" ? "the bound of processes did not hold" : undefined;
    } finally {
      await removeCgroup(group);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return `the server may not make control groups (${code})`;
  }
}

const remedy =
  "Run the server as root, or as a service with `Delegate=yes` (systemd), or in a container whose control groups can be written.";

function toGap(controller: Controller, problems: readonly Problem[], isCountedByUser: boolean): WallsGap {
  const own = problems.find((problem) => problem.controller === controller);
  const why = (own ?? problems.find((problem) => problem.controller === undefined))?.reason;
  const instead = controller === "pids" && isCountedByUser ? " Processes are counted for each user instead." : "";
  const reason = `No bound for a whole tree of processes: ${why ?? "there are no control groups here"}.${instead}`;
  return { ability: abilities[controller], reason, remedy };
}

/** From 5.14 on processes are counted for each user namespace; before, all of the host's user would count. */
function isNewKernel(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}
