import { FailureError, toFailure } from "@gantry/contracts/errors";
import type {
  Environment,
  EnvironmentConfig,
  EnvironmentConfigInput,
  EnvironmentInput,
  EnvironmentUpdate,
} from "@gantry/contracts/environments";
import type { Principal } from "../access/principal.ts";
import { sees, toProjectFilter } from "../access/visibility.ts";
import { patchMetadata } from "../agents/resolve-agent.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import type { Caller } from "../control/caller.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { createId } from "../control/create-id.ts";
import { changedFields, refuseState } from "../control/refusals.ts";
import { toNullableTimestamp, toTimestamp } from "../control/to-timestamp.ts";
import type { Page } from "../ports/control-store.ts";
import type { EnvironmentBody, EnvironmentQuery, StoredEnvironment } from "../ports/environment-store.ts";
import type { ManagedStore } from "../ports/managed-store.ts";
import type { ManagedNews } from "../webhooks/create-managed-news.ts";

/**
 * The environments of a project. A key with the scope `admin` sees those of all projects. Rejects with a `FailureError`:
 * `environment_not_found` for what the caller may not see, `environment_archived`, `not_implemented` for what is self-hosted.
 */
export interface EnvironmentService {
  create(caller: Caller, input: EnvironmentInput): Promise<Environment>;
  get(principal: Principal, id: string): Promise<Environment>;
  list(principal: Principal, query: Omit<EnvironmentQuery, "projectId">): Promise<Page<Environment>>;
  /** For sessions that are made from then on. */
  update(caller: Caller, id: string, update: EnvironmentUpdate): Promise<Environment>;
  /** Read-only from then on, and no new session can be made in it. Archiving twice is archiving once. */
  archive(caller: Caller, id: string): Promise<Environment>;
  /** Sessions that have it go on. */
  delete(caller: Caller, id: string): Promise<void>;
}

export interface EnvironmentServiceParts extends ControlParts {
  readonly store: ControlParts["store"] & { readonly managed: Pick<ManagedStore, "environments"> };
  /** Missing where nobody is to be told. */
  readonly tell?: ManagedNews;
}

export function createEnvironmentService(parts: EnvironmentServiceParts): EnvironmentService {
  const { clock, store } = parts;
  const { environments } = store.managed;
  const audit = createAuditRecorder(parts);
  const find = async (principal: Principal, id: string): Promise<StoredEnvironment> => {
    const found = await environments.find(id);
    if (found === undefined || found.deletedAt !== null || !sees(principal, found.projectId)) throw missing();
    return found;
  };
  const changeOf = (
    { id, projectId }: Pick<StoredEnvironment, "id" | "projectId">,
    verb: string,
    payload?: unknown,
  ) => ({
    action: `environment.${verb}`,
    target: `environment:${id}`,
    projectId,
    payload,
  });

  return {
    async create({ principal, actor }, input) {
      const id = createId("env", parts.random);
      const { projectId } = principal;
      const made = await audit.record(actor, changeOf({ id, projectId }, "created", input), async () => {
        const body: EnvironmentBody = {
          name: input.name,
          description: input.description ?? null,
          config: resolveConfig(input.config),
          scope: input.scope ?? "organization",
          metadata: input.metadata ?? {},
        };
        return toEnvironment(await environments.create({ id, projectId, body, createdAt: clock.epoch() }));
      });
      await parts.tell?.({ id, projectId }, "environment.created", "created");
      return made;
    },
    get: async (principal, id) => toEnvironment(await find(principal, id)),
    async list(principal, query) {
      const { items, nextCursor } = await environments.list({ ...query, ...toProjectFilter(principal) });
      return { items: items.map(toEnvironment), nextCursor };
    },
    async update({ principal, actor }, id, update) {
      const current = await find(principal, id);
      const detail = changedFields(update).join(", ");
      const result = await audit.record(actor, { ...changeOf(current, "updated", update), detail }, async () => {
        requireOpen(current);
        if (update.config && update.config.type !== current.body.config.type) {
          throw new FailureError(toFailure("invalid_config_type_change", undefined, { param: "config.type" }));
        }
        const changed = changeBody(current.body, update);
        const updated = await environments.update(id, current.revision, changed, clock.epoch());
        if (updated === undefined)
          throw refuseState("The environment was changed by somebody else in between; try again.");
        return toEnvironment(updated);
      });
      await parts.tell?.(current, "environment.updated", `r${current.revision}`);
      return result;
    },
    async archive({ principal, actor }, id) {
      const current = await find(principal, id);
      if (current.archivedAt !== null) return toEnvironment(current);
      const result = await audit.record(actor, changeOf(current, "archived"), async () => {
        const archived = await environments.archive(id, clock.epoch());
        if (archived === undefined) throw missing();
        return toEnvironment(archived);
      });
      await parts.tell?.(current, "environment.archived", "archived");
      return result;
    },
    async delete({ principal, actor }, id) {
      const current = await find(principal, id);
      await audit.record(actor, changeOf(current, "deleted"), async () => {
        if (!(await environments.delete(id, clock.epoch()))) throw missing();
      });
      await parts.tell?.(current, "environment.deleted", "deleted");
    },
  };
}

/** Throws a `FailureError` where nothing can begin in an environment any more. */
function requireOpen({ archivedAt }: Pick<StoredEnvironment, "archivedAt">): void {
  if (archivedAt === null) return;
  throw new FailureError(toFailure("environment_archived"));
}

function missing(): FailureError {
  return new FailureError(toFailure("environment_not_found"));
}

function changeBody(body: EnvironmentBody, update: EnvironmentUpdate): EnvironmentBody {
  const metadata = Object.entries(update.metadata ?? {}).map(([key, value]) => [key, value === "" ? null : value]);
  return {
    name: update.name ?? body.name,
    description: update.description === undefined ? body.description : update.description,
    config: update.config ? resolveConfig(update.config) : body.config,
    scope: update.scope ?? body.scope,
    metadata: patchMetadata(body.metadata, Object.fromEntries(metadata)),
  };
}

/** Without a config, sessions have no network: what was not asked for is not given. */
function resolveConfig(config: EnvironmentConfigInput | null | undefined): EnvironmentConfig {
  if (config?.type === "self_hosted") {
    const message =
      "Environments of the type self_hosted are not served here: sessions work on this installation. Use the type cloud, or leave it out.";
    throw new FailureError(toFailure("not_implemented", message, { param: "config.type" }));
  }
  const { networking, packages } = config ?? {};
  return {
    type: "cloud",
    networking:
      networking?.type === "unrestricted"
        ? { type: "unrestricted" }
        : {
            type: "limited",
            allowed_hosts: networking?.allowed_hosts ?? [],
            allow_mcp_servers: networking?.allow_mcp_servers ?? false,
            allow_package_managers: networking?.allow_package_managers ?? false,
          },
    packages: {
      type: "packages",
      apt: packages?.apt ?? [],
      cargo: packages?.cargo ?? [],
      gem: packages?.gem ?? [],
      go: packages?.go ?? [],
      npm: packages?.npm ?? [],
      pip: packages?.pip ?? [],
    },
  };
}

function toEnvironment({ id, body, createdAt, updatedAt, archivedAt }: StoredEnvironment): Environment {
  return {
    id,
    type: "environment",
    ...body,
    created_at: toTimestamp(createdAt),
    updated_at: toTimestamp(updatedAt),
    archived_at: toNullableTimestamp(archivedAt),
  };
}
