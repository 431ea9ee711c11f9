import { readChildren, readResidentBytes } from "./process-table.ts";
import { sendSignal } from "./send-signal.ts";

/** A tree larger than this is a fork bomb; the search by marks gets the rest. */
const largestTree = 4_096;

/** A process and its descendants as far as parents are known, the root first. Only the root outside Linux. */
export function readProcessTree(root: number): readonly number[] {
  const tree = [root];
  for (let index = 0; index < tree.length && tree.length < largestTree; index += 1) {
    tree.push(...readChildren(tree[index] ?? root));
  }
  return tree;
}

/** Resident memory of a process and its descendants in bytes; 0 where it cannot be read. */
export function readTreeMemory(root: number): number {
  return readProcessTree(root).reduce((sum, pid) => sum + readResidentBytes(pid), 0);
}

/**
 * The program `depth` generations below a spawned process: the first child is the one that was started, later ones were
 * adopted. Undefined while the wall is still being built.
 */
export function findProgram(spawned: number, depth: number): number | undefined {
  let pid: number | undefined = spawned;
  for (let level = 0; level < depth && pid !== undefined; level += 1) pid = readChildren(pid)[0];
  return pid;
}

/** SIGKILL to a process, its group and all its descendants, wherever these have put themselves. */
export function killProcessTree(root: number): void {
  // The whole tree is read first: once a parent is gone, its children are no longer its own.
  const tree = readProcessTree(root);
  sendSignal(-root, "SIGKILL");
  for (const pid of tree) sendSignal(pid, "SIGKILL");
}
