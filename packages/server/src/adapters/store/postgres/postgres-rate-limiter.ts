import type { RateLimits } from "@gantry/contracts/access";
import type pg from "pg";
import type { BucketState, RateLimiter, RateOutcome } from "../../../core/ports/rate-limiter.ts";
import { toStoreFailure } from "./database-error.ts";
import { correctTokens, fillBuckets, prepareRates, takeFromBuckets, type TakenRow } from "./rate-statements.ts";
import { createReconnectingClient } from "./reconnecting-client.ts";

/** A limiter that all nodes of one database share. */
export interface PostgresRateLimiter extends RateLimiter {
  close(): Promise<void>;
}

/** One bucket that a request is to be taken from. */
interface Bucket {
  readonly kind: "requests" | "tokens";
  /** What it holds when full, and what flows in a minute. */
  readonly limit: number;
  readonly cost: number;
}

/** Levels are kept in parts of 1/60000, so that what flows in a millisecond is a whole number of them. */
const parts = 60_000;
/** More than any request holds, and few enough that a level is counted exactly. */
const mostTokens = 100_000_000_000;

/**
 * Token buckets that begin full and hold one minute's worth. A request that asks for more tokens than the bucket holds
 * is let through when it is full, and leaves it overdrawn: the rate holds, and nobody waits for ever. Time is what the
 * callers say; a bucket's own never runs back, so that nodes whose clocks differ do not fill it twice.
 */
export function createPostgresRateLimiter(settings: pg.ClientConfig): PostgresRateLimiter {
  const connection = createReconnectingClient(settings, prepareRates);

  async function query<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<readonly Row[]> {
    try {
      return (await (await connection.connect()).query<Row>(statement)).rows;
    } catch (error) {
      throw toStoreFailure(error);
    }
  }

  async function takeFrom(keyId: string, buckets: readonly Bucket[], now: number): Promise<readonly TakenRow[]> {
    const values = [
      keyId,
      buckets.map(({ kind }) => kind),
      buckets.map(({ limit }) => limit),
      buckets.map(({ cost }) => cost),
      now,
    ];
    const rows = await query<TakenRow>({ ...takeFromBuckets, values });
    if (rows.length === buckets.length) return rows;
    // The key's first request of this kind. Two nodes may both come here: the second finds the bucket made.
    await query({ ...fillBuckets, values: values.toSpliced(3, 1) });
    return query<TakenRow>({ ...takeFromBuckets, values });
  }

  return {
    async take(keyId, limits, tokens, now) {
      const buckets = toBuckets(limits, Math.min(Math.max(0, Math.ceil(tokens)), mostTokens));
      if (buckets.length === 0) return { allowed: true, retryAfterMs: 0 };
      return toOutcome(buckets, await takeFrom(keyId, buckets, now), now);
    },
    async correct(keyId, { tokensPerMinute }, tokens, now) {
      if (tokensPerMinute === undefined || tokens === 0) return;
      const taken = Math.max(-mostTokens, Math.min(Math.ceil(tokens), mostTokens));
      await query({ ...correctTokens, values: [keyId, tokensPerMinute, taken, now] });
    },
    close: connection.close,
  };
}

function toBuckets({ requestsPerMinute, tokensPerMinute }: RateLimits, tokens: number): readonly Bucket[] {
  return [
    ...(requestsPerMinute === undefined ? [] : [{ kind: "requests", limit: requestsPerMinute, cost: 1 } as const]),
    ...(tokensPerMinute === undefined ? [] : [{ kind: "tokens", limit: tokensPerMinute, cost: tokens } as const]),
  ];
}

function toOutcome(buckets: readonly Bucket[], rows: readonly TakenRow[], now: number): RateOutcome {
  const states: { requests?: BucketState; tokens?: BucketState } = {};
  let retryAfterMs = 0;
  for (const { kind, limit, cost } of buckets) {
    const row = rows.find((candidate) => candidate.kind === kind);
    if (row === undefined) throw new Error(`the bucket ${kind} was asked for, and did not come`);
    // Nothing flows before the time that the bucket has already seen.
    const waitMs = (level: number) =>
      level <= row.level ? 0 : Math.ceil((level - row.level) / limit) + row.updated_at - now;
    states[kind] = {
      limit,
      remaining: Math.max(0, Math.floor(row.level / parts)),
      resetMs: waitMs(limit * parts),
    };
    if (!row.allowed) retryAfterMs = Math.max(retryAfterMs, waitMs(Math.min(cost, limit) * parts));
  }
  return { allowed: rows.every(({ allowed }) => allowed), retryAfterMs, ...states };
}
