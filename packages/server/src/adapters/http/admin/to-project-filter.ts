import type { ProjectService } from "../../../core/control/project-service.ts";

/** The filter of a query that may name a project, by id or name. Rejects with `not_found` where there is no such project. */
export async function toProjectFilter(
  projects: Pick<ProjectService, "get">,
  idOrName: string | undefined,
): Promise<{ readonly projectId?: string }> {
  return idOrName === undefined ? {} : { projectId: (await projects.get(idOrName)).id };
}
