import type { CacheSettings, Project, ProjectInput } from "@gantry/contracts/access";
import type { Kysely, Selectable, Updateable } from "kysely";
import type { ControlStore } from "../../../core/ports/control-store.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";

type ProjectQueries = Pick<
  ControlStore,
  "createProject" | "updateProject" | "archiveProject" | "findProject" | "listProjects"
>;

const noCache: CacheSettings = { enabled: false, maxAgeSeconds: 3600 };

export function createProjectQueries(db: Kysely<Database>): ProjectQueries {
  const update = async (id: string, changes: Updateable<Database["projects"]>): Promise<Project | undefined> => {
    const query = db.updateTable("projects").set(changes).where("id", "=", id).returningAll();
    const row = await refuseTaken(query.executeTakeFirst(), `A project named ${changes.name ?? ""} exists already.`);
    return row && toProject(row);
  };
  const get = async (id: string): Promise<Project | undefined> => {
    const row = await db.selectFrom("projects").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toProject(row);
  };

  return {
    async createProject(id, input, now) {
      const row = {
        id,
        name: input.name,
        metadata: JSON.stringify(input.metadata ?? {}),
        aliases: JSON.stringify(input.aliases ?? {}),
        cache: JSON.stringify(input.cache ?? noCache),
        created_at: now,
        archived_at: null,
      };
      const query = db.insertInto("projects").values(row).returningAll();
      const taken = `A project named ${input.name} exists already.`;
      return toProject(await refuseTaken(query.executeTakeFirstOrThrow(), taken));
    },
    async updateProject(id, input) {
      const changes = toChanges(input);
      return Object.keys(changes).length === 0 ? get(id) : update(id, changes);
    },
    async archiveProject(id, now) {
      const query = db.updateTable("projects").set({ archived_at: now }).where("id", "=", id);
      await query.where("archived_at", "is", null).execute();
      return get(id);
    },
    async findProject(idOrName) {
      const rows = await db
        .selectFrom("projects")
        .selectAll()
        .where((is) => is.or([is("id", "=", idOrName), is("name", "=", idOrName)]))
        .execute();
      // A project may be named like another's id; the id goes first, so that nobody takes its place.
      const row = rows.find(({ id }) => id === idOrName) ?? rows[0];
      return row && toProject(row);
    },
    async listProjects({ limit, cursor }) {
      let query = db.selectFrom("projects").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "projects", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toProject, ({ id }) => id);
    },
  };
}

function toChanges(input: Partial<ProjectInput>): Updateable<Database["projects"]> {
  return {
    ...(input.name !== undefined && { name: input.name }),
    ...(input.metadata !== undefined && { metadata: JSON.stringify(input.metadata) }),
    ...(input.aliases !== undefined && { aliases: JSON.stringify(input.aliases) }),
    ...(input.cache !== undefined && { cache: JSON.stringify(input.cache) }),
  };
}

function toProject(row: Selectable<Database["projects"]>): Project {
  return {
    id: row.id,
    name: row.name,
    metadata: JSON.parse(row.metadata),
    aliases: JSON.parse(row.aliases),
    cache: JSON.parse(row.cache),
    createdAt: row.created_at,
    archivedAt: row.archived_at,
  };
}
