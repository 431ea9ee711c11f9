import { Kysely } from "kysely";
import { join } from "node:path";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Store } from "../../../core/ports/store.ts";
import { type AuditedChange, createAuditedWrites } from "../shared/audited-change.ts";
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
import { backupDatabase } from "./backup-database.ts";
import { createTurns } from "./create-turns.ts";
import { lockDataDirectory, type DataLock } from "./data-lock.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { describeStorageFailure } from "./sqlite-error.ts";
import { startStoreThread, type StoreThread } from "./store-thread.ts";
import { createThreadDialect } from "./thread-dialect.ts";
import { createThreadGroup, type ThreadGroup } from "./thread-group.ts";

export interface SqliteStoreOptions {
  /** Made where it is missing; held for this process alone until the store is closed. */
  readonly directory: string;
  readonly clock: Clock;
  /** Called once where a thread of the store ends by itself: from then on calls reject, and the server has to be started anew. */
  readonly onFailure: (error: Error) => void;
}

export interface SqliteStore extends Store {
  /** Ends at once without waiting for what is under way, as a crash would. Nothing that was resolved is lost. */
  abort(): Promise<void>;
}

export const databaseName = "gantry.db";

/**
 * Opens the embedded store: one file, one thread that writes. Throws a `StoreError` where the directory is in use by another
 * server or the database cannot be used.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { directory, clock } = options;
  const lock = await lockDataDirectory(directory);
  try {
    const file = join(directory, databaseName);
    await prepareDatabase(file, clock.epoch());
    const start = (access: "write" | "read"): Promise<StoreThread> =>
      startStoreThread({ data: { file, access }, clock, onFailure: options.onFailure });
    const threads = createThreadGroup(await start("write"), () => start("read"));
    return createSqliteStore({ file, clock, lock, threads });
  } catch (error) {
    await lock.release();
    if (error instanceof StoreError) throw error;
    const words = describeStorageFailure(error) ?? (error instanceof Error ? error.message : String(error));
    throw new StoreError(`the store in ${directory} cannot be opened: ${words}`, { cause: error });
  }
}

interface Parts {
  readonly file: string;
  readonly clock: Clock;
  readonly lock: DataLock;
  readonly threads: ThreadGroup;
}

function createSqliteStore({ file, clock, lock, threads }: Parts): SqliteStore {
  const { writer } = threads;
  const db = createDatabase(() => Promise.resolve(writer));
  const readOnly = createDatabase(threads.reader);
  const end = async (how: "close" | "abort"): Promise<void> => {
    await threads.end(how);
    await lock.release();
  };

  return {
    kind: "sqlite",
    control: createControlStore(db),
    runs: createRunStore(db),
    managed: createManagedStore(db),
    directories: createDirectoryStore(db),
    audited: (entry) => createAuditedWrites(entry, (change) => createDatabase(() => Promise.resolve(writer), change)),
    sessions: createSessionStore(db, {
      shared: false,
      commit: (rows) => writer.call("commitSession", rows),
      create: (rows) => writer.call("createSession", rows),
      remove: (id, news) => writer.call("removeSession", id, news),
    }),
    ledger: {
      reserve: (request) => writer.call("reserve", request),
      extend: (requestId, more, now) => writer.call("extend", requestId, more, now),
      settle: (requestId, spent, usage, audit) => writer.call("settle", requestId, spent, usage, audit),
      record: (usage, audit) => writer.call("record", usage, audit),
      renew: (nodeId, until) => writer.call("renew", nodeId, until),
      expire: (now) => writer.call("expire", now),
    },
    usage: createUsageStore(readOnly),
    audit: { ...createAuditReader(readOnly), append: (entry) => writer.call("append", entry) },
    cache: createResponseCache(db),
    conversations: createConversationStore(db),
    webhooks: createWebhookStore(db),
    jobs: createJobQueue(db, createTurns(db)),
    schedules: createScheduleStore(db),
    responses: createResponseStore(db),
    rates: undefined,
    async ping() {
      const started = clock.now();
      await writer.call("touch");
      return clock.now() - started;
    },
    backup: (target) => backupDatabase({ database: file, target, withReader: threads.withReader }),
    close: () => end("close"),
    abort: () => end("abort"),
  };
}

function createDatabase(thread: () => Promise<StoreThread>, change?: AuditedChange): Kysely<Database> {
  return new Kysely<Database>({ dialect: createThreadDialect(thread, change) });
}
