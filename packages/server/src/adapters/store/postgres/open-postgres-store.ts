import { Kysely, PostgresDialect, sql } from "kysely";
import { hash } from "node:crypto";
import type pg from "pg";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Store } from "../../../core/ports/store.ts";
import { createAuditedWrites } from "../shared/audited-change.ts";
import { createAuditReader } from "../shared/audit-queries.ts";
import { createResponseCache } from "../shared/cache-queries.ts";
import { createConversationStore } from "../shared/conversation-queries.ts";
import { createControlStore } from "../shared/control-queries.ts";
import { createManagedStore } from "../shared/managed-queries.ts";
import { createDirectoryStore } from "../shared/directory-queries.ts";
import { createRunStore } from "../shared/run-queries.ts";
import { createSessionStore } from "../shared/session-queries.ts";
import type { Database } from "../shared/schema.ts";
import { StoreError } from "../shared/store-error.ts";
import { createUsageStore } from "../shared/usage-queries.ts";
import { createJobQueue } from "../shared/job-queries.ts";
import { createResponseStore } from "../shared/response-queries.ts";
import { createScheduleStore } from "../shared/schedule-queries.ts";
import { createWebhookStore } from "../shared/webhook-queries.ts";
import { toConnectionSettings } from "./connection-settings.ts";
import { toStoreFailure } from "./database-error.ts";
import { toAuditedPool } from "./audited-pool.ts";
import { createPostgresLedger } from "./postgres-ledger.ts";
import { createPostgresRateLimiter } from "./postgres-rate-limiter.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { createSessionWrites } from "./session-writes.ts";
import { createRequestPool, toKyselyPool } from "./request-pool.ts";

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string;
  readonly clock: Clock;
}

/**
 * Opens the store in a PostgreSQL database (13 or later, one that is Gantry's own) and brings its tables up to date.
 * A connection pooler in between must give each session a connection of its own. Throws a {@link StoreError} where the
 * database cannot be used.
 */
export async function openPostgresStore({ url, clock }: PostgresStoreOptions): Promise<Store> {
  await prepareDatabase(url, clock.epoch());
  const settings = toConnectionSettings(url);
  const pool = createRequestPool(settings);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: toKyselyPool(pool) }) });
  const digest = (text: string): string => hash("sha256", text);
  const ledger = createPostgresLedger({ settings, pool, digest });
  const rates = createPostgresRateLimiter(settings);

  let closed: Promise<void> | undefined;
  async function close(): Promise<void> {
    await Promise.all([ledger.close(), rates.close()]);
    await db.destroy();
    await pool.end();
  }

  return {
    kind: "postgres",
    control: createControlStore(db),
    runs: createRunStore(db),
    managed: createManagedStore(db),
    directories: createDirectoryStore(db),
    audited: (entry) =>
      createAuditedWrites(
        entry,
        (change) => new Kysely({ dialect: new PostgresDialect({ pool: toAuditedPool(pool, change, digest) }) }),
      ),
    sessions: createSessionStore(db, createSessionWrites(pool)),
    ledger,
    usage: createUsageStore(db),
    audit: { ...createAuditReader(db), append: ledger.append },
    cache: createResponseCache(db),
    conversations: createConversationStore(db),
    webhooks: createWebhookStore(db),
    jobs: createJobQueue(db, (work) => runAlone(db, work)),
    schedules: createScheduleStore(db),
    responses: createResponseStore(db),
    rates,
    ping: () => ping(pool, clock),
    backup: () => Promise.reject(new StoreError("a PostgreSQL store is copied with PostgreSQL's own pg_dump")),
    close: () => (closed ??= close()),
  };
}

/** Who holds it may say which jobs run. As with that of the ledger, any number that nobody else uses here. */
const jobsLock = 7_206_519_482;

/** In a transaction that waits for those of other nodes. */
async function runAlone<Result>(
  db: Kysely<Database>,
  work: (db: Kysely<Database>) => Promise<Result>,
): Promise<Result> {
  return await db.transaction().execute(async (one) => {
    await sql`select pg_advisory_xact_lock(${jobsLock})`.execute(one);
    return await work(one);
  });
}

/** A record in the server's log that must reach the disk, and no row of a table. */
async function ping(pool: pg.Pool, clock: Clock): Promise<number> {
  const start = clock.now();
  try {
    await pool.query("select pg_logical_emit_message(true, 'gantry', 'ping')");
  } catch (error) {
    throw toStoreFailure(error);
  }
  return clock.now() - start;
}
