import type { ApiKey, KeyUpdate } from "@gantry/contracts/access";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { sql, type Kysely, type Selectable, type Updateable } from "kysely";
import type { ControlStore, StoredKey } from "../../../core/ports/control-store.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";

type KeyQueries = Pick<
  ControlStore,
  "createKey" | "findKey" | "getKey" | "listKeys" | "updateKey" | "rotateKey" | "revokeKey" | "touchKeys"
>;

/** Two parameters a key; both stores take far more in one statement. */
const keysPerTouch = 500;

export function createKeyQueries(db: Kysely<Database>): KeyQueries {
  const get = async (id: string): Promise<ApiKey | undefined> => {
    const row = await db.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toApiKey(row);
  };

  return {
    async createKey(key) {
      await requireProject(db, key.projectId);
      await requireProfile(db, key.profile);
      const row = {
        id: key.id,
        public_id: key.publicId,
        secret_hash: key.secretHash,
        previous_secret_hash: null,
        previous_until: null,
        name: key.name,
        project_id: key.projectId,
        profile: key.profile,
        scopes: JSON.stringify(key.scopes),
        limits: JSON.stringify(key.limits),
        metadata: JSON.stringify(key.metadata),
        expires_at: key.expiresAt,
        disabled: 0,
        revoked_at: null,
        created_at: key.createdAt,
        last_used_at: null,
      };
      const query = db.insertInto("api_keys").values(row).returningAll();
      return toApiKey(await refuseTaken(query.executeTakeFirstOrThrow(), "A key of this id exists already."));
    },
    async findKey(publicId) {
      const row = await db.selectFrom("api_keys").selectAll().where("public_id", "=", publicId).executeTakeFirst();
      return row && toStoredKey(row);
    },
    getKey: get,
    async listKeys({ limit, cursor, projectId }) {
      let query = db.selectFrom("api_keys").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "api_keys", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toApiKey, ({ id }) => id);
    },
    async updateKey(id, update) {
      if (update.profile !== undefined) await requireProfile(db, update.profile);
      const changes = toChanges(update);
      if (Object.keys(changes).length > 0) {
        await db.updateTable("api_keys").set(changes).where("id", "=", id).execute();
      }
      return get(id);
    },
    async rotateKey(id, secretHash, previousUntil) {
      const row = await db
        .updateTable("api_keys")
        .set((to) => ({
          previous_secret_hash: to.ref("secret_hash"),
          previous_until: previousUntil,
          secret_hash: secretHash,
        }))
        .where("id", "=", id)
        .where("revoked_at", "is", null)
        .returningAll()
        .executeTakeFirst();
      if (row !== undefined) return toApiKey(row);
      if ((await get(id)) === undefined) return undefined;
      throw new FailureError(toFailure("conflict", "The key is revoked, which is for good; make a new one."));
    },
    async revokeKey(id, now) {
      const query = db.updateTable("api_keys").set({ revoked_at: now }).where("id", "=", id);
      await query.where("revoked_at", "is", null).execute();
      return get(id);
    },
    async touchKeys(lastUsed) {
      const uses = [...lastUsed];
      for (let start = 0; start < uses.length; start += keysPerTouch) {
        await touch(db, uses.slice(start, start + keysPerTouch));
      }
    },
  };
}

/** Both stores name the columns of a `values` list alike. A use that is noted late never hides a newer one. */
async function touch(db: Kysely<Database>, uses: readonly (readonly [string, number])[]): Promise<void> {
  const rows = uses.map(([id, at]) => sql`(cast(${id} as text), cast(${at} as bigint))`);
  await sql`
    update api_keys set last_used_at = used.column2
    from (values ${sql.join(rows)}) as used
    where api_keys.id = used.column1 and (last_used_at is null or last_used_at < used.column2)
  `.execute(db);
}

/** Projects and profiles are never deleted, so what is found here stays. */
async function requireProject(db: Kysely<Database>, id: string): Promise<void> {
  const row = await db.selectFrom("projects").select("id").where("id", "=", id).executeTakeFirst();
  if (row !== undefined) return;
  throw new FailureError(toFailure("invalid_request", "There is no such project.", { param: "projectId" }));
}

async function requireProfile(db: Kysely<Database>, name: string): Promise<void> {
  const row = await db.selectFrom("profiles").select("name").where("name", "=", name).limit(1).executeTakeFirst();
  if (row !== undefined) return;
  throw new FailureError(toFailure("invalid_request", "There is no such profile.", { param: "profile" }));
}

function toChanges(update: KeyUpdate): Updateable<Database["api_keys"]> {
  return {
    ...(update.name !== undefined && { name: update.name }),
    ...(update.profile !== undefined && { profile: update.profile }),
    ...(update.scopes !== undefined && { scopes: JSON.stringify(update.scopes) }),
    ...(update.expiresAt !== undefined && { expires_at: update.expiresAt }),
    ...(update.limits !== undefined && { limits: JSON.stringify(update.limits) }),
    ...(update.metadata !== undefined && { metadata: JSON.stringify(update.metadata) }),
    ...(update.disabled !== undefined && { disabled: Number(update.disabled) }),
  };
}

/** Without the hashes: this is what is shown. */
function toApiKey(row: Selectable<Database["api_keys"]>): ApiKey {
  return {
    id: row.id,
    publicId: row.public_id,
    name: row.name,
    projectId: row.project_id,
    profile: row.profile,
    scopes: JSON.parse(row.scopes),
    limits: JSON.parse(row.limits),
    metadata: JSON.parse(row.metadata),
    expiresAt: row.expires_at,
    disabled: row.disabled !== 0,
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

function toStoredKey(row: Selectable<Database["api_keys"]>): StoredKey {
  return {
    ...toApiKey(row),
    secretHash: row.secret_hash,
    previousSecretHash: row.previous_secret_hash,
    previousUntil: row.previous_until,
  };
}
