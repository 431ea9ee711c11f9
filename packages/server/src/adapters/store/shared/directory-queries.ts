import type { DirectoryAccess, RegisteredDirectory } from "@gantry/contracts/directories";
import type { Kysely, Selectable } from "kysely";
import type { DirectoryStore } from "../../../core/ports/directory-store.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { isAfter, requirePosition, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";

/** Registered directories on either store. Every write is one statement. */
export function createDirectoryStore(database: Kysely<Database>): DirectoryStore {
  const db = database.withPlugin(createCleanTextPlugin());

  return {
    async create({ name, path, access, createdAt }) {
      const row = { name, path, access, created_at: createdAt };
      const query = db.insertInto("directories").values(row).returningAll();
      const taken = `A directory named ${name} exists already.`;
      return toDirectory(await refuseTaken(query.executeTakeFirstOrThrow(), taken));
    },
    async find(name) {
      const row = await db.selectFrom("directories").selectAll().where("name", "=", name).executeTakeFirst();
      return row && toDirectory(row);
    },
    async list({ limit, cursor }) {
      let query = db.selectFrom("directories").selectAll().orderBy("created_at", "desc").orderBy("name", "desc");
      if (cursor !== undefined) {
        const row = db.selectFrom("directories").select("created_at as at").where("name", "=", cursor);
        query = query.where(isAfter("created_at", "name", requirePosition(cursor, await row.executeTakeFirst())));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toDirectory, ({ name }) => name);
    },
    async setAccess(name, access) {
      const query = db.updateTable("directories").set({ access }).where("name", "=", name).returningAll();
      const row = await query.executeTakeFirst();
      return row && toDirectory(row);
    },
    async remove(name) {
      const rows = await db.deleteFrom("directories").where("name", "=", name).returning("name").execute();
      return rows.length > 0;
    },
  };
}

function toDirectory({ name, path, access, created_at }: Selectable<Database["directories"]>): RegisteredDirectory {
  // Only what the contract takes was written.
  return { name, path, access: access as DirectoryAccess, createdAt: created_at };
}
