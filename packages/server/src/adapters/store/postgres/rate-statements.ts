/** Decisions of a minute need not outlive a crash, so that none waits for the disk. */
export const prepareRates = `
  set synchronous_commit = off;
  set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off`;

/** What flowed into a bucket up to now, at most what it holds. Decimal, since a year at a high rate leaves 64 bits. */
const refilled = (level: string, updatedAt: string, limit: string, now: string) =>
  `least(${limit}::bigint * 60000, ${level} + greatest(0, ${now}::bigint - ${updatedAt})::numeric * ${limit})::bigint`;

/**
 * Takes from all buckets of the key $1, or from none: $2 kinds, $3 limits, $4 costs, $5 now. Returns {@link TakenRow}s,
 * without those of buckets that do not exist yet; then nothing is taken. The rows are locked before they are read,
 * always in one order.
 */
export const takeFromBuckets = {
  name: "gantry_rates_take",
  text: `
    with held as (
      select kind, level, updated_at from rate_buckets
      where key_id = $1 and kind = any($2::text[]) order by kind for update
    ), asked as (
      select kind, "limit", cost from unnest($2::text[], $3::bigint[], $4::bigint[]) as asked(kind, "limit", cost)
    ), filled as (
      select kind, asked."limit", asked.cost, greatest(updated_at, $5::bigint) as updated_at,
        ${refilled("level", "updated_at", 'asked."limit"', "$5")} as level
      from held join asked using (kind)
    ), decision as (
      select bool_and(level >= least(cost, "limit") * 60000) and count(*) = cardinality($2::text[]) as allowed
      from filled
    )
    update rate_buckets as bucket
    set updated_at = filled.updated_at, level = filled.level - case when allowed then cost * 60000 else 0 end
    from filled, decision
    where bucket.key_id = $1 and bucket.kind = filled.kind
    returning bucket.kind, bucket.level, bucket.updated_at, allowed`,
};

export interface TakenRow {
  readonly kind: string;
  /** In parts of 1/60000, after what was taken. */
  readonly level: number;
  readonly updated_at: number;
  readonly allowed: boolean;
}

/** Makes full buckets of the key $1 where there are none: $2 kinds, $3 limits, $4 now. */
export const fillBuckets = {
  name: "gantry_rates_fill",
  text: `
    insert into rate_buckets (key_id, kind, level, updated_at)
    select $1, kind, "limit" * 60000, $4::bigint from unnest($2::text[], $3::bigint[]) as asked(kind, "limit")
    on conflict (key_id, kind) do nothing`,
};

/**
 * Takes $3 from the token bucket of the key $1 (or gives, where it is negative), whose limit is $2, at $4, even if that
 * overdraws it.
 */
export const correctTokens = {
  name: "gantry_rates_correct",
  text: `
    insert into rate_buckets as bucket (key_id, kind, level, updated_at)
    values ($1, 'tokens', least($2::bigint, $2::bigint - $3::bigint) * 60000, $4::bigint)
    on conflict (key_id, kind) do update set
      level = least(
        $2::bigint * 60000,
        ${refilled("bucket.level", "bucket.updated_at", "$2", "$4")} - $3::bigint * 60000
      ),
      updated_at = greatest(bucket.updated_at, $4::bigint)`,
};
