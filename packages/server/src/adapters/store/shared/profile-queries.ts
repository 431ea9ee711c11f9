import { profileInput, type PermissionProfile, type ProfileInput } from "@gantry/contracts/access";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { sql, type Kysely, type Selectable } from "kysely";
import type { ControlStore } from "../../../core/ports/control-store.ts";
import { isAfter, requirePosition, toPage, unknownCursor } from "./pages.ts";
import type { Database } from "./schema.ts";
import { isUniqueViolation } from "./unique-violation.ts";

type ProfileQueries = Pick<ControlStore, "putProfile" | "findProfile" | "listProfiles" | "listProfileVersions">;

/** In each round one of those that race gets its version. */
const mostRounds = 100;

export function createProfileQueries(db: Kysely<Database>): ProfileQueries {
  return {
    async putProfile(input, now) {
      for (let round = 1; round <= mostRounds; round += 1) {
        try {
          return toProfile(await insertNextVersion(db, input, now));
        } catch (error) {
          if (!isUniqueViolation(error)) throw error;
        }
      }
      throw new FailureError(toFailure("conflict", `The profile ${input.name} is being changed by many at once.`));
    },
    async findProfile(name, version) {
      let query = db.selectFrom("profiles").selectAll().where("name", "=", name);
      if (version !== undefined) query = query.where("version", "=", version);
      const row = await query.orderBy("version", "desc").limit(1).executeTakeFirst();
      return row && toProfile(row);
    },
    async listProfiles({ limit, cursor }) {
      // By the age of the first version, so that a change in the midst of paging moves no profile.
      let query = db
        .selectFrom("profiles")
        .innerJoin("profiles as first", (join) =>
          join.onRef("first.name", "=", "profiles.name").on("first.version", "=", 1),
        )
        .selectAll("profiles")
        .where("profiles.version", "=", (from) =>
          from
            .selectFrom("profiles as newest")
            .whereRef("newest.name", "=", "profiles.name")
            .select(({ fn }) => fn.max("newest.version").as("version")),
        )
        .orderBy("first.created_at", "desc")
        .orderBy("profiles.name", "desc");
      if (cursor !== undefined) {
        const first = db.selectFrom("profiles").select("created_at as at").where("name", "=", cursor);
        const position = requirePosition(cursor, await first.where("version", "=", 1).executeTakeFirst());
        query = query.where(isAfter("first.created_at", "profiles.name", position));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toProfile, ({ name }) => name);
    },
    async listProfileVersions(name, { limit, cursor }) {
      let query = db.selectFrom("profiles").selectAll().where("name", "=", name).orderBy("version", "desc");
      if (cursor !== undefined) query = query.where("version", "<", toVersion(cursor));
      return toPage(await query.limit(limit + 1).execute(), limit, toProfile, ({ version }) => String(version));
    },
  };
}

/** One statement takes the next number and writes it; where two take the same, the key of the table lets one through. */
async function insertNextVersion(
  db: Kysely<Database>,
  input: ProfileInput,
  now: number,
): Promise<Selectable<Database["profiles"]>> {
  return db
    .insertInto("profiles")
    .columns(["name", "version", "body", "created_at"])
    .expression((from) =>
      from
        .selectFrom("profiles")
        .where("name", "=", input.name)
        .select(({ fn }) => [
          sql<string>`cast(${input.name} as text)`.as("name"),
          sql<number>`coalesce(${fn.max("version")}, 0) + 1`.as("version"),
          sql<string>`cast(${JSON.stringify(input)} as text)`.as("body"),
          sql<number>`cast(${now} as bigint)`.as("created_at"),
        ]),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

function toVersion(cursor: string): number {
  if (!/^[1-9]\d{0,8}$/.test(cursor)) throw unknownCursor();
  return Number(cursor);
}

/** A field that came after the version was written has its default, which permits nothing. */
function toProfile(row: Selectable<Database["profiles"]>): PermissionProfile {
  return { ...profileInput.parse(JSON.parse(row.body)), version: row.version, createdAt: row.created_at };
}
