import type { PermissionProfile } from "@gantry/contracts/access";
import { decideHost, type HostRequest } from "./decide-host.ts";
import { decideTool, type ToolRequest } from "./decide-tool.ts";
import { toAllowed, toDenied, toShown, type Decision } from "./decision.ts";
import { matchesWildcard } from "./match-wildcard.ts";
import { isWithin, normalisePath } from "./normalise-path.ts";

/** One thing that a run or a request wants to do. */
export type AccessRequest =
  /**
   * The id and the aliases of the model as its driver reports them; never a project's own alias, which could borrow a
   * name.
   */
  | { readonly kind: "model"; readonly names: readonly string[] }
  | ToolRequest
  | { readonly kind: "agent" | "skill" | "mcp_server" | "directory"; readonly name: string }
  /** Absolute, as the run sees it, with symbolic links resolved. */
  | { readonly kind: "read" | "write"; readonly path: string }
  | HostRequest
  | { readonly kind: "package_installation" }
  | { readonly kind: "execution_seconds"; readonly seconds: number }
  | { readonly kind: "cost"; readonly micros: number }
  /** How many there would be with this one. */
  | { readonly kind: "concurrent_tasks"; readonly tasks: number };

/**
 * What a profile says to a request. Pure, and the only place that decides. Every entry of a profile is a permission,
 * and nothing is permitted by leaving something out: without an entry that covers the request the answer is `deny`.
 */
export function decide(profile: PermissionProfile, request: AccessRequest): Decision {
  switch (request.kind) {
    case "model":
      return decideModel(profile, request.names);
    case "tool":
      return decideTool(profile, request);
    case "agent":
      return decideName(profile.allowedAgents, "allowedAgents", "agent", request.name);
    case "skill":
      return decideName(profile.allowedSkills, "allowedSkills", "skill", request.name);
    case "mcp_server":
      return decideName(profile.allowedMcpServers, "allowedMcpServers", "MCP server", request.name);
    case "directory":
      return decideName(profile.allowedDirectories, "allowedDirectories", "directory", request.name);
    case "read":
    case "write":
      return decidePath(profile, request.kind, request.path);
    case "network":
      return decideHost(profile, request);
    case "package_installation":
      return profile.installPackages
        ? toAllowed("installPackages", "Packages may be installed.")
        : toDenied("default", "Packages may not be installed.");
    case "execution_seconds":
      return decideAmount("maxExecutionSeconds", profile.maxExecutionSeconds, request.seconds, "seconds of execution");
    case "cost":
      return decideAmount("maxCostPerTaskMicros", profile.maxCostPerTaskMicros, request.micros, "micro-dollars a task");
    case "concurrent_tasks":
      return decideAmount("maxConcurrentTasks", profile.maxConcurrentTasks, request.tasks, "tasks at one time");
  }
}

function decideModel(profile: PermissionProfile, names: readonly string[]): Decision {
  const shown = toShown(names[0] ?? "");
  // A model without a name is none, so that `*` does not cover it.
  const named = names.filter((name) => name !== "");
  const entry = profile.allowedModels.find(
    (allowed) =>
      named.includes(allowed) || (allowed.includes("*") && named.some((name) => matchesWildcard(allowed, name))),
  );
  if (entry !== undefined) return toAllowed(`allowedModels: ${toShown(entry)}`, `The model ${shown} is allowed.`);
  return toDenied("default", `The model ${shown} is not among the allowed models.`);
}

function decideName(entries: readonly string[], field: string, what: string, name: string): Decision {
  const shown = toShown(name);
  const entry = entries.find((allowed) => name !== "" && (allowed === "*" || allowed === name));
  if (entry !== undefined) return toAllowed(`${field}: ${toShown(entry)}`, `The ${what} ${shown} is allowed.`);
  return toDenied("default", `The ${what} ${shown} is not among the allowed ones.`);
}

function decidePath(profile: PermissionProfile, kind: "read" | "write", path: string): Decision {
  const { filesystemAccess } = profile;
  if (filesystemAccess === "none" || (kind === "write" && filesystemAccess === "readonly")) {
    return toDenied(
      `filesystemAccess: "${filesystemAccess}"`,
      `The profile permits no ${kind === "read" ? "reading" : "writing"} of files.`,
    );
  }
  const shown = toShown(path);
  const normal = normalisePath(path);
  if (normal === undefined) return toDenied("default", `${shown} is not an absolute path that can be judged.`);
  const field = kind === "read" ? "readDirectories" : "writeDirectories";
  const entry = profile[field].find((directory) => isWithin(normal, directory));
  if (entry !== undefined) return toAllowed(`${field}: ${toShown(entry)}`, `${shown} is in a directory to ${kind}.`);
  return toDenied("default", `${shown} is in no directory to ${kind}.`);
}

/** A bound of 0 permits nothing, not even 0: it is what a profile that says nothing has. */
function decideAmount(field: string, limit: number, wanted: number, what: string): Decision {
  if (limit > 0 && wanted >= 0 && wanted <= limit) return toAllowed(field, `${wanted} ${what} are within ${limit}.`);
  return toDenied(limit > 0 ? field : "default", `At most ${limit} ${what} are permitted, not ${wanted}.`);
}
