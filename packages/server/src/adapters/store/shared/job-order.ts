import { sql, type Kysely, type RawBuilder, type Selectable } from "kysely";
import type { JobClaim } from "../../../core/ports/job-queue.ts";
import type { Database } from "./schema.ts";

type Row = Selectable<Database["jobs"]>;

/** What an index of its own holds; SQLite takes that index only where a query says so in these very words. */
export const isOpen = sql<boolean>`jobs.phase != 'done'`;

/**
 * What waits, in the order in which it is served: `share` is how many of its project would run with it. A job that its key's limit holds
 * back stands in nobody's way.
 */
function toOrder(kind: string, isDue: RawBuilder<boolean>): RawBuilder<unknown> {
  const sooner = sql`priority desc, created_at, id`;
  return sql`
    with running as (
      select project_id, key_id from jobs where kind = ${kind} and phase = 'running' and ${isOpen}
    ), of_project as (
      select project_id, count(*) as busy from running group by project_id
    ), of_key as (
      select key_id, count(*) as busy from running group by key_id
    ), by_key as (
      select jobs.*, row_number() over (partition by jobs.key_id order by ${sooner}) + coalesce(of_key.busy, 0) as key_share
      from jobs left join of_key on of_key.key_id = jobs.key_id
      where jobs.kind = ${kind} and jobs.phase = 'waiting' and ${isOpen} and ${isDue}
    ), by_project as (
      select by_key.*, key_share <= key_limit as has_key,
        row_number() over (partition by by_key.project_id, key_share <= key_limit order by ${sooner})
          + coalesce(of_project.busy, 0) as share
      from by_key left join of_project on of_project.project_id = by_key.project_id
    ), ordered as (
      select by_project.id, by_project.project_id, share, has_key, share <= project_limit as has_room,
        row_number() over (order by has_key desc, share, coalesce(job_turns.served_at, 0), ${sooner}) as place
      from by_project left join job_turns on job_turns.kind = ${kind} and job_turns.project_id = by_project.project_id
    )`;
}

/** Takes up to `limit` jobs. To be run where no other claim comes between its statements. */
export async function claimJobs(db: Kysely<Database>, claim: JobClaim): Promise<readonly Row[]> {
  const { kind, now, leasesOver = now, limit } = claim;
  const left = await take(
    db,
    claim,
    sql<boolean>`phase = 'running' and lease_until <= ${leasesOver}`,
    sql`select id from jobs where kind = ${kind} and phase = 'running' and ${isOpen} and lease_until <= ${leasesOver}
      order by lease_until limit ${limit}`,
  );
  const hold = await db.selectFrom("job_holds").select("until").where("kind", "=", kind).executeTakeFirst();
  if (left.length >= limit || (hold !== undefined && hold.until > now)) return left;
  const order = toOrder(kind, sql<boolean>`jobs.not_before <= ${now}`);
  const fitting = sql`select id from (${order} select id from ordered where has_key and has_room order by place
    limit ${limit - left.length}) as chosen`;
  const begun = await take(db, claim, sql<boolean>`phase = 'waiting'`, fitting);
  for (const projectId of new Set(begun.map((row) => row.project_id))) {
    await db
      .insertInto("job_turns")
      .values({ kind, project_id: projectId, served_at: now })
      .onConflict((conflict) => conflict.columns(["kind", "project_id"]).doUpdateSet({ served_at: now }))
      .execute();
  }
  return [...left, ...begun];
}

async function take(
  db: Kysely<Database>,
  { nodeId, leaseUntil, now }: JobClaim,
  isFree: RawBuilder<boolean>,
  ids: RawBuilder<unknown>,
): Promise<readonly Row[]> {
  return await db
    .updateTable("jobs")
    .set({
      phase: "running",
      lease_node: nodeId,
      lease_until: leaseUntil,
      attempts: sql<number>`attempts + 1`,
      fence: sql<number>`fence + 1`,
      version: sql<number>`version + 1`,
      updated_at: now,
    })
    .where(sql<boolean>`id in (${ids})`)
    // Looked at again under the row's lock: it may have been finished or taken out meanwhile.
    .where(isFree)
    .returningAll()
    .execute();
}

/** The place of a job among all that wait, whether they are due or not. */
export async function findPlace(db: Kysely<Database>, id: string): Promise<number | undefined> {
  const job = await db.selectFrom("jobs").select(["kind", "phase"]).where("id", "=", id).executeTakeFirst();
  if (job?.phase !== "waiting") return undefined;
  const query = sql<{
    place: number;
  }>`${toOrder(job.kind, sql<boolean>`true`)} select place from ordered where id = ${id}`;
  const [row] = (await query.execute(db)).rows;
  return row && Number(row.place);
}
