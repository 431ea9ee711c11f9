import type { Project } from "@gantry/contracts/access";
import type { ApiClient } from "./api-client.ts";

/** The id of a project that was named by id or name. */
export async function toProjectId(api: ApiClient, idOrName: string): Promise<string> {
  if (idOrName.startsWith("prj_")) return idOrName;
  const project = (await api.read(projectPath(idOrName))) as Project; // The server's own contract.
  return project.id;
}

export const projectPath = (idOrName: string): string => `/v1/admin/projects/${encodeURIComponent(idOrName)}`;
