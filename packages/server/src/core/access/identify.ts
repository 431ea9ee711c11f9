import { scopes, type ApiKey, type PermissionProfile, type Project } from "@gantry/contracts/access";
import type { Clock } from "../ports/clock.ts";
import type { ControlStore } from "../ports/control-store.ts";
import type { Log } from "../ports/log.ts";
import type { RunStore } from "../ports/run-store.ts";
import { adminProfile } from "./admin-profile.ts";
import { checkKey, findRefusal, type SameHash } from "./check-key.ts";
import { parseKey } from "./key-text.ts";
import type { Principal } from "./principal.ts";
import { isTokenGood, toRunId, toRunPrincipal } from "./run-token.ts";

export interface IdentifyParts {
  readonly control: ControlStore;
  readonly runs: Pick<RunStore, "find">;
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
  /** Who sends the text of a key or of a run's token; undefined where it is good for nothing. Rejects with `store_unavailable`. */
  identify(text: string): Promise<Principal | undefined>;
  /** Who a key is now, by its id; undefined where it is good for nothing any more. For work that goes on without its request. */
  holderOf(keyId: string): Promise<Principal | undefined>;
  /** What was remembered of a run is looked up anew from now on. */
  forgetRun(id: string): void;
  /** Writes down when keys were last used. */
  flush(): Promise<void>;
}

/** What was revoked or ended on any node is refused after this at the latest. */
const freshMs = 800;
const mostRemembered = 10_000;

interface Remembered {
  /** Still on its way where many come at once: the store is asked for all of them together. */
  readonly principal: Promise<Principal | undefined>;
  readonly secretHash: string;
  readonly at: number;
}

/** Finds who sends a request. What the store says of a key or a run is remembered for less than a second. */
export function createIdentifier(parts: IdentifyParts): Identifier {
  const { control, clock, digest, sameHash } = parts;
  const remembered = new Map<string, Remembered>();
  const lastUsed = new Map<string, number>();

  async function lookKey(publicId: string, secretHash: string): Promise<Principal | undefined> {
    const check = checkKey(await control.findKey(publicId), secretHash, clock.epoch(), sameHash);
    return check.ok ? await findHolder(control, check.key) : undefined;
  }

  async function lookRun(id: string, secretHash: string): Promise<Principal | undefined> {
    const run = await parts.runs.find(id);
    if (run === undefined || !isTokenGood(run, secretHash, clock.epoch(), sameHash)) return undefined;
    const creator = await lookCreator(run.keyId);
    return creator && toRunPrincipal(creator, run);
  }

  async function lookCreator(keyId: string): Promise<Principal | undefined> {
    if (keyId === adminKeyId) {
      const project = await control.findProject(defaultProjectId);
      return project === undefined || project.archivedAt !== null ? undefined : toAdmin(project);
    }
    const key = await control.getKey(keyId);
    if (key === undefined || findRefusal(key, clock.epoch()) !== undefined) return undefined;
    return await findHolder(control, key);
  }

  function recall(id: string, secretHash: string, find: () => Promise<Principal | undefined>) {
    const known = remembered.get(id);
    const askedAt = clock.now();
    if (known !== undefined && askedAt - known.at < freshMs && known.secretHash === secretHash) return known.principal;
    // From when it was asked, not answered: a slow store must not make what it said look younger.
    const asked: Remembered = { principal: find(), secretHash, at: askedAt };
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(id, asked);
    // What failed says nothing of the key: the next request asks again.
    asked.principal.catch(() => {
      if (remembered.get(id) === asked) remembered.delete(id);
    });
    return asked.principal;
  }

  return {
    async identify(text) {
      if (parts.isAdminKey(text)) {
        // It is let in whatever became of its project: nobody could put that right otherwise.
        return recall(adminKeyId, "", async () => toAdmin(await control.findProject(defaultProjectId)));
      }
      const parsed = parseKey(text);
      if (parsed === undefined) return undefined;
      const { prefix, publicId, secret } = parsed;
      const secretHash = digest(secret);
      const [id, look] = prefix === "gr" ? [toRunId(publicId), lookRun] : [publicId, lookKey];
      const principal = await recall(id, secretHash, () => look(id, secretHash));
      if (principal !== undefined) lastUsed.set(principal.keyId, clock.epoch());
      return principal;
    },
    holderOf: lookCreator,
    forgetRun(id) {
      remembered.delete(id);
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

/** Who a good key is; undefined where its project serves nothing any more. */
async function findHolder(control: ControlStore, key: ApiKey): Promise<Principal | undefined> {
  const [project, profile] = await Promise.all([control.findProject(key.projectId), control.findProfile(key.profile)]);
  if (project === undefined || profile === undefined || project.archivedAt !== null) return undefined;
  return toPrincipal(key, project, profile);
}

function toPrincipal(
  key: Pick<ApiKey, "id" | "name" | "scopes" | "limits">,
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

function toAdmin(project: Project | undefined): Principal {
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
