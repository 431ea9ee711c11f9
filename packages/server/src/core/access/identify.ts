import { scopes, type PermissionProfile, type Project } from "@gantry/contracts/access";
import type { Clock } from "../ports/clock.ts";
import type { ControlStore } from "../ports/control-store.ts";
import type { Log } from "../ports/log.ts";
import { adminProfile } from "./admin-profile.ts";
import { checkKey, type SameHash } from "./check-key.ts";
import { parseKey } from "./key-text.ts";
import type { Principal } from "./principal.ts";

export interface IdentifyParts {
  readonly control: ControlStore;
  readonly clock: Clock;
  readonly log: Log;
  /** SHA-256 in hexadecimal. */
  readonly digest: (text: string) => string;
  readonly sameHash: SameHash;
  /** Whether a text is the key of the data directory, compared in constant time. */
  isAdminKey(text: string): boolean;
}

/** How usage and audit name the key of the data directory. */
const adminKeyId = "admin";
/** What every store begins with; the key of the data directory works for it. */
export const defaultProjectId = "prj_default";

export interface Identifier {
  /** Who sends this key's text; undefined where it is good for nothing. Rejects with `store_unavailable`. */
  identify(text: string): Promise<Principal | undefined>;
  /** Writes down when keys were last used. */
  flush(): Promise<void>;
}

/** A key that was revoked on any node is refused after this at the latest. */
const freshMs = 800;
const mostRemembered = 10_000;

interface Remembered {
  /** Still on its way where many come at once: the store is asked for all of them together. */
  readonly principal: Promise<Principal | undefined>;
  readonly secretHash: string;
  readonly at: number;
}

/** Finds who sends a request. What the store says of a key is remembered for less than a second. */
export function createIdentifier(parts: IdentifyParts): Identifier {
  const { control, clock, digest } = parts;
  const remembered = new Map<string, Remembered>();
  const lastUsed = new Map<string, number>();

  /** It is let in whatever became of the default project: nobody could put that right otherwise. */
  async function lookAdmin(): Promise<Principal> {
    const project = await control.findProject(defaultProjectId);
    return {
      keyId: adminKeyId,
      keyName: "admin",
      projectId: defaultProjectId,
      owner: defaultProjectId,
      scopes,
      profile: adminProfile,
      limits: {},
      aliases: project?.aliases ?? {},
      cache: project?.cache ?? { enabled: false, maxAgeSeconds: 0 },
    };
  }

  async function look(publicId: string, secretHash: string): Promise<Principal | undefined> {
    const check = checkKey(await control.findKey(publicId), secretHash, clock.epoch(), parts.sameHash);
    if (!check.ok) return undefined;
    const { key } = check;
    const [project, profile] = await Promise.all([
      control.findProject(key.projectId),
      control.findProfile(key.profile),
    ]);
    if (project === undefined || profile === undefined || project.archivedAt !== null) return undefined;
    return toPrincipal(key, project, profile);
  }

  function recall(publicId: string, secretHash: string, find: () => Promise<Principal | undefined>) {
    const known = remembered.get(publicId);
    const askedAt = clock.now();
    if (known !== undefined && askedAt - known.at < freshMs && known.secretHash === secretHash) return known.principal;
    // From when it was asked, not answered: a slow store must not make what it said look younger.
    const asked: Remembered = { principal: find(), secretHash, at: askedAt };
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(publicId, asked);
    // What failed says nothing of the key: the next request asks again.
    asked.principal.catch(() => {
      if (remembered.get(publicId) === asked) remembered.delete(publicId);
    });
    return asked.principal;
  }

  return {
    async identify(text) {
      if (parts.isAdminKey(text)) return recall(adminKeyId, "", lookAdmin);
      const parsed = parseKey(text);
      if (parsed === undefined) return undefined;
      const { publicId, secret } = parsed;
      const secretHash = digest(secret);
      const principal = await recall(publicId, secretHash, () => look(publicId, secretHash));
      if (principal !== undefined) lastUsed.set(principal.keyId, clock.epoch());
      return principal;
    },
    async flush() {
      if (lastUsed.size === 0) return;
      const uses = new Map(lastUsed);
      lastUsed.clear();
      await control
        .touchKeys(uses)
        .catch((error: unknown) => parts.log.warn({ err: error }, "uses of keys were not noted"));
    },
  };
}

function toPrincipal(
  key: { id: string; name: string; scopes: Principal["scopes"]; limits: Principal["limits"] },
  project: Project,
  profile: PermissionProfile,
): Principal {
  return {
    keyId: key.id,
    keyName: key.name,
    projectId: project.id,
    owner: project.id,
    scopes: key.scopes,
    profile,
    limits: key.limits,
    aliases: project.aliases,
    cache: project.cache,
  };
}
