import { isGitName } from "../../core/workspaces/check-workspace-files.ts";

/**
 * Whether a link in a folder (relative to the tree) leads to a place in the tree, other links of it included that do so too.
 * `..` is taken at the beginning alone: behind another link it would lead from there.
 */
export function pointsInside(folder: Buffer, target: Buffer): boolean {
  const parts = target.toString("latin1").split("/");
  if (parts[0] === "" || target.includes(0)) return false;
  const up = parts.findIndex((part) => part !== "..");
  const names = up === -1 ? [] : parts.slice(up);
  const depth = folder.length === 0 ? 0 : folder.toString("latin1").split("/").length;
  return (up === -1 ? parts.length : up) <= depth && !names.some((part) => part === ".." || isGitName(part));
}
