import type { Principal } from "../access/principal.ts";
import { refuseField } from "../control/refusals.ts";
import { toDirectoryName } from "../resources/resource-service.ts";
import { requireDirectory } from "../workspaces/workspace-service.ts";
import type { TaskParts } from "./task-parts.ts";
import type { TaskBody } from "./task-record.ts";

/** What the clients of the former task service call the directory that it was started for. */
const formerName = "/project";
const usualName = "default";

/** Name of the registered directory that a task begins with, by either field; undefined where it begins with an empty folder. Rejects with a `FailureError`. */
export async function settleTaskDirectory(
  { directories }: Pick<TaskParts, "directories">,
  principal: Principal,
  { working_directory: named, repository }: TaskBody["input"],
): Promise<string | undefined> {
  if (repository && named)
    throw refuseField("working_directory", "a repository is the workspace already: leave one of them out");
  const url = typeof repository === "string" ? repository : repository?.url;
  const wanted = url === undefined ? (named ?? undefined) : toDirectoryName(url, "repository.");
  if (wanted === undefined) return undefined;
  const name = wanted === formerName ? toOwnDirectory(principal) : wanted;
  requireDirectory(principal, name);
  await directories.get(name);
  return name;
}

/** The one that the key's profile allows; of several, the server's own. */
function toOwnDirectory({ profile: { name, allowedDirectories } }: Principal): string {
  const [only, ...others] = allowedDirectories;
  if (only !== undefined && others.length === 0 && only !== "*") return only;
  if (allowedDirectories.includes("*") || allowedDirectories.includes(usualName)) return usualName;
  const allowed = only === undefined ? "none" : allowedDirectories.join(", ");
  throw refuseField(
    "working_directory",
    `${formerName} is the one directory that the profile allows, or \`${usualName}\`; the profile ${name} allows ${allowed} (allowedDirectories): name one`,
  );
}
