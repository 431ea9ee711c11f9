import type { PermissionProfile, ProfileInput } from "@gantry/contracts/access";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { Actor } from "./actor.ts";
import type { AuditRecorder } from "./audit-recorder.ts";
import type { ControlParts } from "./control-parts.ts";
import { refuseState, requireFound } from "./refusals.ts";

/** Rejects with a `FailureError`: `not_found`, `conflict` where the profile to be created is there. */
export interface ProfileService {
  create(actor: Actor, input: ProfileInput): Promise<PermissionProfile>;
  /** Makes the next version, or the first. Keys that name the profile are under it from then on. */
  put(actor: Actor, input: ProfileInput): Promise<PermissionProfile>;
  list(page: PageRequest): Promise<Page<PermissionProfile>>;
  /** The newest version, or the one asked for. */
  get(name: string, version?: number): Promise<PermissionProfile>;
  versions(name: string, page: PageRequest): Promise<Page<PermissionProfile>>;
}

export function createProfileService({ store, clock }: ControlParts, audit: AuditRecorder): ProfileService {
  const { control } = store;
  const change = (action: string, input: ProfileInput) => ({
    action,
    target: `profile:${input.name}`,
    projectId: null,
    payload: input,
  });

  return {
    create: (actor, input) =>
      audit.record(actor, change("profile.created", input), async (stores) => {
        // Of two that create at once the later makes version 2, as its answer says: the store knows only "next version".
        if ((await control.findProfile(input.name)) !== undefined) {
          throw refuseState(`A profile named ${input.name} exists already; change it with PUT.`);
        }
        return await stores.control.putProfile(input, clock.epoch());
      }),
    put: (actor, input) =>
      audit.record(actor, change("profile.updated", input), (stores) =>
        stores.control.putProfile(input, clock.epoch()),
      ),
    list: (page) => control.listProfiles(page),
    get: async (name, version) => requireFound(await control.findProfile(name, version), "profile"),
    async versions(name, page) {
      requireFound(await control.findProfile(name), "profile");
      return await control.listProfileVersions(name, page);
    },
  };
}
