import type { Principal } from "./principal.ts";

/** A key sees what belongs to its project; one with the scope `admin` sees everything. */
export function sees({ projectId, scopes }: Pick<Principal, "projectId" | "scopes">, ownerProject: string): boolean {
  return projectId === ownerProject || scopes.includes("admin");
}

/** Which project's rows a list is kept to; nothing for a key that sees all. */
export function toProjectFilter({ projectId, scopes }: Pick<Principal, "projectId" | "scopes">): {
  readonly projectId?: string;
} {
  return scopes.includes("admin") ? {} : { projectId };
}
