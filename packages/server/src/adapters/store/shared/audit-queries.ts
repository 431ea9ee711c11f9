import type { Kysely } from "kysely";
import type { AuditLog } from "../../../core/ports/audit-log.ts";
import { toAuditRow } from "./audit-rows.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import type { Database } from "./schema.ts";

/** Reads of the audit log on either store; rows are appended where the money is booked. */
export function createAuditReader(database: Kysely<Database>): Pick<AuditLog, "read" | "head"> {
  const db = database.withPlugin(createCleanTextPlugin());
  return {
    async read(filter, after, limit) {
      let query = db.selectFrom("audit").selectAll().where("sequence", ">", after).orderBy("sequence");
      if (filter.actor !== undefined) query = query.where("actor", "=", filter.actor);
      if (filter.action !== undefined) query = query.where("action", "=", filter.action);
      if (filter.target !== undefined) query = query.where("target", "=", filter.target);
      if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
      if (filter.from !== undefined) query = query.where("at", ">=", filter.from);
      if (filter.to !== undefined) query = query.where("at", "<", filter.to);
      return (await query.limit(limit).execute()).map(toAuditRow);
    },
    async head() {
      const query = db.selectFrom("audit").select(["sequence", "hash", "at"]).orderBy("sequence", "desc").limit(1);
      return query.executeTakeFirst();
    },
  };
}
