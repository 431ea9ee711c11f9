import type { Project } from "@gantry/contracts/access";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "./principal.ts";

/** Who pays where a request names a project, by id or name. */
export type ChargeProject = (principal: Principal, idOrName: string | undefined) => Promise<Principal>;

/**
 * A key charges its own project; one with the scope `admin` any that there is. Rejects with a `FailureError` of code `forbidden`, which is the
 * same for a project that is another's and for one that is not there.
 */
export function createProjectCharge(findProject: (idOrName: string) => Promise<Project | undefined>): ChargeProject {
  return async (principal, idOrName) => {
    if (idOrName === undefined || idOrName === principal.projectId) return principal;
    const project = await findProject(idOrName);
    if (project?.id === principal.projectId) return principal;
    if (project !== undefined && project.archivedAt === null && principal.scopes.includes("admin")) {
      const { id, aliases, cache } = project;
      return { ...principal, projectId: id, owner: id, aliases, cache };
    }
    const shown = JSON.stringify(idOrName.slice(0, 80));
    const message = `This key cannot charge the project ${shown}. Leave \`project_id\` out, or send a key of that project.`;
    throw new FailureError(toFailure("forbidden", message, { param: "project_id" }));
  };
}
