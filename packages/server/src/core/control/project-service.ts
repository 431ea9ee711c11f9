import type { Project, ProjectInput } from "@gantry/contracts/access";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { Actor } from "./actor.ts";
import type { AuditRecorder } from "./audit-recorder.ts";
import { defaultProjectId } from "../access/identify.ts";
import type { ControlParts } from "./control-parts.ts";
import { createId } from "./create-id.ts";
import { changedFields, refuseField, refuseState, requireChange, requireFound } from "./refusals.ts";

/** Rejects with a `FailureError`: `not_found`, `conflict` for a name that is taken, `invalid_request`. */
export interface ProjectService {
  create(actor: Actor, input: ProjectInput): Promise<Project>;
  list(page: PageRequest): Promise<Page<Project>>;
  get(idOrName: string): Promise<Project>;
  update(actor: Actor, idOrName: string, update: ProjectUpdate): Promise<Project>;
  /** Its keys are refused from then on; its history stays. Archiving twice is archiving once. */
  archive(actor: Actor, idOrName: string): Promise<Project>;
}

/** What is missing or undefined stays as it is. */
export type ProjectUpdate = { readonly [Field in keyof ProjectInput]?: ProjectInput[Field] | undefined };

export function createProjectService(parts: ControlParts, audit: AuditRecorder): ProjectService {
  const { control } = parts.store;
  const get = async (idOrName: string) => requireFound(await control.findProject(idOrName), "project");

  return {
    async create(actor, input) {
      const id = createId("prj", parts.random);
      const change = { action: "project.created", target: `project:${id}`, projectId: id, payload: input };
      return await audit.record(actor, change, async (stores) => {
        refuseIdAsName(input.name);
        return await stores.control.createProject(id, input, parts.clock.epoch());
      });
    },
    list: (page) => control.listProjects(page),
    get,
    async update(actor, idOrName, update) {
      requireChange(update);
      const { id } = await get(idOrName);
      const detail = changedFields(update).join(", ");
      const change = { action: "project.updated", target: `project:${id}`, projectId: id, payload: update, detail };
      return await audit.record(actor, change, async (stores) => {
        if (update.name !== undefined) refuseIdAsName(update.name);
        return requireFound(await stores.control.updateProject(id, withoutUndefined(update)), "project");
      });
    },
    async archive(actor, idOrName) {
      const project = await get(idOrName);
      if (project.archivedAt !== null) return project;
      if (project.id === defaultProjectId) {
        throw refuseState("The default project cannot be archived: the server's own key works for it.");
      }
      const { id } = project;
      const change = { action: "project.archived", target: `project:${id}`, projectId: id };
      return await audit.record(actor, change, async (stores) =>
        requireFound(await stores.control.archiveProject(id, parts.clock.epoch()), "project"),
      );
    },
  };
}

/** Projects are asked for by id or name, so that no name may look like an id. */
function refuseIdAsName(name: string): void {
  if (name.startsWith("prj_")) throw refuseField("name", 'expected one that does not begin with "prj_", as ids do');
}

function withoutUndefined(update: ProjectUpdate): Partial<ProjectInput> {
  const { name, metadata, aliases, cache } = update;
  return {
    ...(name !== undefined && { name }),
    ...(metadata !== undefined && { metadata }),
    ...(aliases !== undefined && { aliases }),
    ...(cache !== undefined && { cache }),
  };
}
