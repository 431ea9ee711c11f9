import type { Kysely, Selectable } from "kysely";
import type { FileStore, StoredFile } from "../../../core/ports/file-store.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";

/** What is known of files, on either store. Every write is one statement. */
export function createFileQueries(db: Kysely<Database>): FileStore {
  return {
    async create(file) {
      const row = {
        id: file.id,
        project_id: file.projectId,
        filename: file.filename,
        mime_type: file.mimeType,
        size_bytes: file.sizeBytes,
        digest: file.digest,
        scope_id: file.scopeId,
        created_at: file.createdAt,
        expires_at: file.expiresAt,
      };
      await refuseTaken(db.insertInto("files").values(row).execute(), "A file of this id exists already.");
    },
    async find(id) {
      const row = await db.selectFrom("files").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toFile(row);
    },
    async findMany(ids) {
      if (ids.length === 0) return [];
      const rows = await db.selectFrom("files").selectAll().where("id", "in", ids).execute();
      return rows.map(toFile);
    },
    async list({ limit, cursor, projectId, scopeId, now }) {
      let query = db.selectFrom("files").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      query = query.where((is) => is.or([is("expires_at", "is", null), is("expires_at", ">", now)]));
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (scopeId !== undefined) query = query.where("scope_id", "=", scopeId);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "files", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toFile, ({ id }) => id);
    },
    async delete(id) {
      const { numDeletedRows } = await db.deleteFrom("files").where("id", "=", id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async expiredDigests(now) {
      const rows = await db.selectFrom("files").select("digest").distinct().where("expires_at", "<=", now).execute();
      return rows.map(({ digest }) => digest);
    },
    async deleteExpired(before) {
      await db.deleteFrom("files").where("expires_at", "<=", before).execute();
    },
    async usedBytes(projectId, now) {
      const row = await db
        .selectFrom("files")
        .select((of) => of.fn.sum<number | string | null>("size_bytes").as("bytes"))
        .where("project_id", "=", projectId)
        .where((is) => is.or([is("expires_at", "is", null), is("expires_at", ">", now)]))
        .executeTakeFirst();
      // PostgreSQL sums whole numbers to a decimal, which comes as text.
      return Number(row?.bytes ?? 0);
    },
    async isUsed(digest, now) {
      const row = await db
        .selectFrom("files")
        .select("id")
        .where("digest", "=", digest)
        .where((is) => is.or([is("expires_at", "is", null), is("expires_at", ">", now)]))
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

function toFile(row: Selectable<Database["files"]>): StoredFile {
  return {
    id: row.id,
    projectId: row.project_id,
    filename: row.filename,
    mimeType: row.mime_type,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    scopeId: row.scope_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
