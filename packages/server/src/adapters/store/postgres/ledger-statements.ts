import type { UsageOutcome } from "@gantry/contracts/usage";
import type { Database } from "../shared/schema.ts";

/** Any number, so long as nobody else uses it in this database: who holds it may write the ledger. */
const ledgerLock = 7_261_544_093;

/**
 * What every connection of the ledger runs first. A plan is made once, for any values, and by index: the tables are
 * small when it is made, and `reservations` is full of dead rows when it runs. A node that hangs in the middle of a
 * batch must not hold the others up for long, nor they wait for ever. A server that does not wait for its disk is made
 * to.
 */
export const prepareLedger = `
  set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off;
  set enable_bitmapscan = off;
  set enable_hashjoin = off;
  set enable_mergejoin = off;
  set lock_timeout = '10s';
  set idle_in_transaction_session_timeout = '5s';
  select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`;

/**
 * Begins a batch when no other node is in one. Read committed, whatever the server's default: what is read behind the
 * lock must see what the batch before has committed.
 */
export const beginBatch = `begin isolation level read committed; select pg_advisory_xact_lock(${ledgerLock})`;

/**
 * Begins a transaction of another connection that appends to the audit, whose chain goes on in one order: it waits for the batches, and they for it.
 * It has the bounds of {@link prepareLedger}.
 */
export const beginChange = `
  begin isolation level read committed;
  set local lock_timeout = '10s';
  set local idle_in_transaction_session_timeout = '5s';
  select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off';
  select pg_advisory_xact_lock(${ledgerLock})`;

/** Keeps the leases of the node $1 until $2. */
export const renewLeases = {
  name: "gantry_ledger_renew",
  text: `update reservations set lease_until = greatest(lease_until, $2) where node_id = $1`,
};

/** Ids of at most $2 reservations whose lease is over at $1, the oldest first. */
export const findExpired = {
  name: "gantry_ledger_expired",
  text: `select request_id from reservations where lease_until <= $1 order by lease_until limit $2`,
};

/**
 * Loads what a batch may touch, as one row of {@link LoadedRows}: $1 ids of requests; $2 and $3 subjects of budgets
 * and their ids; $4 and $5 windows by period and start; $6 ids of keys.
 */
export const loadBatch = {
  name: "gantry_ledger_load",
  text: `
    with held as (
      select request_id, lease_until, body from reservations where request_id = any($1::text[])
    ), part as (
      select part."budgetId" as budget_id, part."windowStart" as window_start
      from held, json_to_recordset(held.body::json -> 'parts') as part("budgetId" text, "windowStart" bigint)
    ), applying as (
      select budgets.*
      from unnest($2::text[], $3::text[]) as wanted(subject, subject_id)
      join budgets on budgets.subject_id = wanted.subject_id and budgets.subject = wanted.subject
      union
      select budgets.*
      from (select distinct budget_id from part) as held_in join budgets on budgets.id = held_in.budget_id
    ), span as (
      select applying.id as budget_id, running.window_start
      from applying
      join unnest($4::text[], $5::bigint[]) as running(period, window_start) on running.period = applying.period
      union
      select budget_id, window_start from part
    )
    select
      (select coalesce(json_agg(held), '[]') from held) as reservations,
      (select coalesce(json_agg(applying order by created_at, id), '[]') from applying) as budgets,
      (select coalesce(json_agg(sums), '[]')
        from span join budget_windows as sums using (budget_id, window_start)) as windows,
      (select coalesce(json_agg(json_build_object('id', id, 'outcome', outcome)), '[]')
        from usage where id = any($1::text[])) as billed,
      (select coalesce(json_agg(open), '[]') from (
        select key_id, count(*) as count from reservations where key_id = any($6::text[]) group by key_id
      ) as open) as open,
      (select row_to_json(head) from (
        select sequence, hash from audit order by sequence desc limit 1
      ) as head) as head`,
};

export interface LoadedRows {
  readonly reservations: readonly Pick<Database["reservations"], "request_id" | "lease_until" | "body">[];
  readonly budgets: readonly Database["budgets"][];
  readonly windows: readonly Database["budget_windows"][];
  readonly billed: readonly { readonly id: string; readonly outcome: UsageOutcome }[];
  /** Open reservations by key; a key without any is missing. */
  readonly open: readonly { readonly key_id: string; readonly count: number }[];
  /** The last audit row; null where there is none. */
  readonly head: Pick<Database["audit"], "sequence" | "hash"> | null;
}

const windowColumns = "budget_id, window_start, spent, reserved";
const reservationColumns = "request_id, node_id, project_id, key_id, lease_until, body";
const usageColumns =
  "id, at, day, project_id, key_id, run_id, model, driver, input_tokens, cache_read_tokens, cache_write_tokens, " +
  "output_tokens, cost_micros, latency_ms, first_token_ms, outcome, profile";
const auditColumns =
  "sequence, at, actor, action, target, project_id, address, policy, result, detail, payload_digest, " +
  "previous_hash, hash";

/**
 * Writes what a batch changed: $1 windows, $2 new and changed reservations, $3 usage rows and $4 audit rows, as JSON
 * arrays of rows; $5 ids of reservations that ended. A changed reservation keeps its lease.
 */
export const writeBatch = {
  name: "gantry_ledger_write",
  text: `
    with windows as (
      ${insertRows("budget_windows", windowColumns, "$1")}
      on conflict (budget_id, window_start) do update set spent = excluded.spent, reserved = excluded.reserved
    ), held as (
      ${insertRows("reservations", reservationColumns, "$2")}
      on conflict (request_id) do update set body = excluded.body
    ), billed as (
      ${insertRows("usage", usageColumns, "$3")}
      on conflict (id) do update set ${usageColumns.replaceAll(/\w+/g, "$& = excluded.$&")}
    ), recorded as (
      ${insertRows("audit", auditColumns, "$4")}
    )
    delete from reservations where request_id = any($5::text[])`,
};

/** The last audit row: none, or one that is {@link LoadedRows.head}. */
export const findAuditHead = "select sequence, hash from audit order by sequence desc limit 1";

/** Appends $1, audit rows as a JSON array. */
export const appendAudit = insertRows("audit", auditColumns, "$1");

/** Columns by name: a newer node that started first may have added some. */
function insertRows(table: keyof Database, columns: string, parameter: string): string {
  const rows = `json_populate_recordset(null::${table}, ${parameter}::json)`;
  return `insert into ${table} (${columns}) select ${columns} from ${rows}`;
}
