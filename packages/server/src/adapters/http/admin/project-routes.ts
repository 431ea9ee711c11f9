import { projectInput, projectUpdate } from "@gantry/contracts/access";
import { z } from "zod";
import type { ProjectService } from "../../../core/control/project-service.ts";
import { listAnswer, projectAnswer, toList } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { pageFields } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";

export const projectOperations = {
  createProject: {
    method: "POST",
    path: "/v1/admin/projects",
    summary: "Create a project.",
    access: "admin",
    body: projectInput,
    answer: projectAnswer,
    status: 201,
  },
  listProjects: {
    method: "GET",
    path: "/v1/admin/projects",
    summary: "List projects, newest first.",
    access: "admin",
    query: z.strictObject(pageFields),
    answer: listAnswer(projectAnswer),
  },
  getProject: {
    method: "GET",
    path: "/v1/admin/projects/:project",
    summary: "Show a project, by id or name.",
    access: "admin",
    answer: projectAnswer,
  },
  updateProject: {
    method: "PATCH",
    path: "/v1/admin/projects/:project",
    summary: "Change a project; what is not named stays as it is.",
    access: "admin",
    body: projectUpdate,
    answer: projectAnswer,
  },
  archiveProject: {
    method: "DELETE",
    path: "/v1/admin/projects/:project",
    summary: "Archive a project: its keys are refused, its history stays.",
    access: "admin",
    answer: projectAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createProjectHandlers(projects: ProjectService): Handlers<typeof projectOperations> {
  return {
    createProject: ({ actor, body }) => projects.create(actor, body),
    listProjects: async ({ query }) => toList(await projects.list(toPageRequest(query))),
    getProject: ({ params }) => projects.get(params.project),
    updateProject: ({ actor, params, body }) => projects.update(actor, params.project, body),
    archiveProject: ({ actor, params }) => projects.archive(actor, params.project),
  };
}
