import type { ApiKey, KeyInput, KeyUpdate, Project } from "@gantry/contracts/access";
import { publicIdBytes, toPublicId } from "../access/key-text.ts";
import { makeKeyText } from "../access/make-key-text.ts";
import type { ControlStore, NewKey, Page, PageRequest } from "../ports/control-store.ts";
import type { Actor } from "./actor.ts";
import type { AuditRecorder, Change } from "./audit-recorder.ts";
import type { ControlParts } from "./control-parts.ts";
import { createId } from "./create-id.ts";
import { changedFields, refuseField, refuseState, requireChange, requireFound } from "./refusals.ts";

/** A key with its whole text, which is told this once and kept nowhere. */
export interface KeyWithText {
  readonly key: ApiKey;
  readonly text: string;
}

/** Rejects with a `FailureError`: `not_found`, `conflict` for a key that is revoked, `invalid_request`. */
export interface KeyService {
  create(actor: Actor, input: KeyInput): Promise<KeyWithText>;
  list(page: PageRequest & { readonly projectId?: string }): Promise<Page<ApiKey>>;
  get(id: string): Promise<ApiKey>;
  update(actor: Actor, id: string, update: KeyUpdate): Promise<ApiKey>;
  /** Gives the key a new secret; the old one stays good for so many seconds. */
  rotate(actor: Actor, id: string, overlapSeconds: number): Promise<KeyWithText>;
  /** For good. Revoking twice is revoking once. */
  revoke(actor: Actor, id: string): Promise<ApiKey>;
}

export function createKeyService(parts: ControlParts, audit: AuditRecorder): KeyService {
  const { control } = parts.store;
  const get = async (id: string) => requireFound(await control.getKey(id), "key");

  return {
    async create(actor, input) {
      const id = createId("key", parts.random);
      const project = await control.findProject(input.projectId);
      const projectId = project?.id ?? null;
      const change = { action: "key.created", target: `key:${id}`, projectId, payload: input };
      return await audit.record(actor, change, async (stores) => {
        const usable = requireUsable(project);
        await checkFields(parts, input);
        return await makeKey(parts, stores.control, id, usable.id, input);
      });
    },
    list: (page) => control.listKeys(page),
    get,
    async update(actor, id, update) {
      requireChange(update);
      const key = await get(id);
      const change = {
        ...changeOf(key, toUpdateAction(update)),
        payload: update,
        detail: changedFields(update).join(", "),
      };
      return await audit.record(actor, change, async (stores) => {
        refuseRevoked(key);
        await checkFields(parts, update);
        return requireFound(await stores.control.updateKey(id, update), "key");
      });
    },
    async rotate(actor, id, overlapSeconds) {
      const key = await get(id);
      const change = { ...changeOf(key, "key.rotated"), detail: `overlap ${overlapSeconds} s` };
      return await audit.record(actor, change, async (stores) => {
        refuseRevoked(key);
        const { text, secretHash } = makeKeyText(parts, "gk", key.publicId);
        const previousUntil = parts.clock.epoch() + overlapSeconds * 1000;
        return { key: requireFound(await stores.control.rotateKey(id, secretHash, previousUntil), "key"), text };
      });
    },
    async revoke(actor, id) {
      const key = await get(id);
      if (key.revokedAt !== null) return key;
      return await audit.record(actor, changeOf(key, "key.revoked"), async (stores) =>
        requireFound(await stores.control.revokeKey(id, parts.clock.epoch()), "key"),
      );
    },
  };
}

async function makeKey(
  parts: ControlParts,
  control: Pick<ControlStore, "createKey">,
  id: string,
  projectId: string,
  input: KeyInput,
): Promise<KeyWithText> {
  const publicId = toPublicId(parts.random(publicIdBytes));
  const { text, secretHash } = makeKeyText(parts, "gk", publicId);
  const key: NewKey = {
    id,
    publicId,
    secretHash,
    name: input.name,
    projectId,
    profile: input.profile,
    scopes: input.scopes ?? ["inference"],
    limits: input.limits ?? {},
    metadata: input.metadata ?? {},
    expiresAt: input.expiresAt ?? null,
    createdAt: parts.clock.epoch(),
  };
  return { key: await control.createKey(key), text };
}

function requireUsable(project: Project | undefined): Project {
  if (project === undefined) throw refuseField("projectId", "there is no such project");
  if (project.archivedAt !== null) throw refuseField("projectId", "the project is archived");
  return project;
}

async function checkFields(parts: ControlParts, { profile, expiresAt }: Pick<KeyUpdate, "profile" | "expiresAt">) {
  if (expiresAt !== undefined && expiresAt !== null && expiresAt <= parts.clock.epoch()) {
    throw refuseField("expiresAt", `expected a time in the future in epoch milliseconds, got ${expiresAt}`);
  }
  if (profile !== undefined && (await parts.store.control.findProfile(profile)) === undefined) {
    throw refuseField("profile", "there is no such profile");
  }
}

function refuseRevoked({ revokedAt }: ApiKey): void {
  if (revokedAt !== null) throw refuseState("The key is revoked, which is for good; make a new one.");
}

function changeOf({ id, projectId }: ApiKey, action: string): Change {
  return { action, target: `key:${id}`, projectId };
}

function toUpdateAction({ disabled }: KeyUpdate): string {
  if (disabled === undefined) return "key.updated";
  return disabled ? "key.disabled" : "key.enabled";
}
