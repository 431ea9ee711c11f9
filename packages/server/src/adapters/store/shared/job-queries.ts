import { sql, type Kysely, type Selectable, type Updateable } from "kysely";
import type { HeldJob, Job, JobChange, JobQueue } from "../../../core/ports/job-queue.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { createJobItems, putItems } from "./job-item-queries.ts";
import { claimJobs, findPlace, isOpen } from "./job-order.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";

/** Runs statements that no other node's may come between. */
export type RunAlone = <Result>(work: (db: Kysely<Database>) => Promise<Result>) => Promise<Result>;

/** Jobs on either store. */
export function createJobQueue(database: Kysely<Database>, alone: RunAlone): JobQueue {
  const db = database.withPlugin(createCleanTextPlugin());
  return {
    ...createJobWrites(db),
    ...createJobReads(db),
    ...createJobItems(db),
    claim: (claim) => alone(async (one) => (await claimJobs(one, claim)).map(toJob)),
    async enqueue(job, { mostWaiting, mostOfProject }) {
      return await alone(async (one) => {
        const known = await one.selectFrom("jobs").select("id").where("id", "=", job.id).executeTakeFirst();
        if (known !== undefined) return "known";
        const waiting = await one
          .selectFrom("jobs")
          .select((of) => [
            of.fn.countAll<number>().as("all"),
            sql<number>`coalesce(sum(case when project_id = ${job.projectId} then 1 else 0 end), 0)`.as("own"),
          ])
          .where("kind", "=", job.kind)
          .where("phase", "=", "waiting")
          .where(isOpen)
          .executeTakeFirstOrThrow();
        if (Number(waiting.all) >= mostWaiting || Number(waiting.own) >= mostOfProject) return "full";
        const row = {
          id: job.id,
          kind: job.kind,
          project_id: job.projectId,
          key_id: job.keyId,
          phase: "waiting",
          status: job.status,
          priority: job.priority,
          not_before: job.notBefore,
          project_limit: job.projectLimit,
          key_limit: job.keyLimit,
          lease_node: null,
          lease_until: 0,
          attempts: 0,
          fence: 0,
          version: 1,
          body: job.body,
          news: null,
          schedule_id: job.scheduleId ?? null,
          created_at: job.now,
          updated_at: job.now,
        };
        // Before the job: whoever finds that, finds them.
        await putItems(one, job.id, job.items ?? []);
        const made = await one
          .withPlugin(createCleanTextPlugin())
          .insertInto("jobs")
          .values(row)
          .onConflict((conflict) => conflict.column("id").doNothing())
          .returning("id")
          .executeTakeFirst();
        return made === undefined ? "known" : "queued";
      });
    },
  };
}

type Writes = Pick<JobQueue, "renew" | "note" | "finish" | "putBack" | "amend" | "settleNews" | "hold" | "forget">;

function createJobWrites(db: Kysely<Database>): Writes {
  /** One statement: it changes the job as it was looked for, or nothing. */
  async function change(
    id: string,
    { status, body, now, news }: JobChange,
    more: Updateable<Database["jobs"]>,
    isMeant: { readonly fence?: number; readonly version?: number },
  ): Promise<Job | undefined> {
    let query = db
      .updateTable("jobs")
      .set({ status, body, updated_at: now, version: sql<number>`version + 1`, ...more, ...(news && { news }) })
      .where("id", "=", id);
    if (isMeant.fence !== undefined) query = query.where("fence", "=", isMeant.fence).where("phase", "=", "running");
    if (isMeant.version !== undefined) query = query.where("version", "=", isMeant.version);
    if (isMeant.fence === undefined && more.phase !== undefined) query = query.where("phase", "!=", "running");
    const row = await query.returningAll().executeTakeFirst();
    return row && toJob(row);
  }
  const free = { lease_node: null, lease_until: 0 };

  return {
    async renew(nodeId, ids, leaseUntil) {
      if (ids.length === 0) return [];
      const query = db.updateTable("jobs").set({ lease_until: leaseUntil }).where("lease_node", "=", nodeId);
      const rows = await query.where("id", "in", ids).where("phase", "=", "running").returning("id").execute();
      return rows.map(({ id }) => id);
    },
    note: (held, to) => change(held.id, to, {}, toMeant(held)),
    finish: (held, to) => change(held.id, to, { phase: "done", ...free }, toMeant(held)),
    putBack: (held, to) => change(held.id, to, { phase: "waiting", not_before: to.notBefore, ...free }, toMeant(held)),
    amend: (id, version, { phase, ...to }) => change(id, to, phase === undefined ? {} : { phase }, { version }),
    async settleNews(id, news) {
      const query = db.updateTable("jobs").set({ news: null });
      await query.where("id", "=", id).where("news", "=", news).execute();
    },
    async hold(kind, until) {
      const query = db.insertInto("job_holds").values({ kind, until });
      await query.onConflict((conflict) => conflict.column("kind").doUpdateSet({ until })).execute();
    },
    async forget(before) {
      const old = db.selectFrom("jobs").select("id").where("phase", "=", "done").where("updated_at", "<", before);
      await db.deleteFrom("job_items").where("job_id", "in", old).execute();
      await db.deleteFrom("jobs").where("phase", "=", "done").where("updated_at", "<", before).execute();
    },
  };
}

function toMeant({ fence, version }: HeldJob): { readonly fence: number; readonly version?: number } {
  return { fence, ...(version !== undefined && { version }) };
}

type Reads = Pick<JobQueue, "get" | "list" | "listNews" | "position" | "heldUntil" | "nextDue">;

function createJobReads(db: Kysely<Database>): Reads {
  const heldUntil: JobQueue["heldUntil"] = async (kind) => {
    const held = await db.selectFrom("job_holds").select("until").where("kind", "=", kind).executeTakeFirst();
    return held?.until ?? 0;
  };

  return {
    async get(id) {
      const row = await db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toJob(row);
    },
    async list({ kind, projectId, keyId, scheduleId, status, limit, cursor }) {
      let query = db.selectFrom("jobs").selectAll().where("kind", "=", kind);
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (keyId !== undefined) query = query.where("key_id", "=", keyId);
      if (scheduleId !== undefined) query = query.where("schedule_id", "=", scheduleId);
      if (status !== undefined) query = query.where("status", "=", status);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "jobs", "created_at", cursor)));
      }
      query = query.orderBy("created_at", "desc").orderBy("id", "desc");
      return toPage(await query.limit(limit + 1).execute(), limit, toJob, ({ id }) => id);
    },
    async listNews(kind, limit) {
      const query = db.selectFrom("jobs").selectAll().where("kind", "=", kind).where("news", "is not", null);
      return (await query.orderBy("updated_at").limit(limit).execute()).map(toJob);
    },
    position: (id) => findPlace(db, id),
    heldUntil,
    async nextDue(kind) {
      const open = db.selectFrom("jobs").where("kind", "=", kind);
      const due = sql<number | null>`min(case when phase = 'running' then lease_until else not_before end)`;
      const row = await open.where(isOpen).select(due.as("at")).executeTakeFirst();
      if (row === undefined || row.at === null) return undefined;
      return Math.max(Number(row.at), await heldUntil(kind));
    },
  };
}

function toJob(row: Selectable<Database["jobs"]>): Job {
  return {
    id: row.id,
    // Both are written by the queries of this folder alone.
    kind: row.kind as Job["kind"],
    phase: row.phase as Job["phase"],
    projectId: row.project_id,
    keyId: row.key_id,
    priority: row.priority,
    notBefore: row.not_before,
    status: row.status,
    body: row.body,
    news: row.news,
    attempts: row.attempts,
    fence: row.fence,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.schedule_id !== null && { scheduleId: row.schedule_id }),
  };
}
