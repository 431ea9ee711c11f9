import type { AuditEntry, AuditRow } from "@gantry/contracts/audit";
import type { UsageRow } from "@gantry/contracts/usage";
import type { Amounts, ReserveOutcome, ReserveRequest } from "../../../core/ports/ledger.ts";
import type { SessionCalls } from "./session-calls.ts";
import type { StatementFailure } from "./sqlite-error.ts";

/** What the store's thread does for the others: the ledger's steps as `Ledger` describes them, and single statements. */
export interface StoreCalls extends SessionCalls {
  reserve(request: ReserveRequest): ReserveOutcome;
  extend(requestId: string, more: Amounts, now: number): ReserveOutcome;
  settle(requestId: string, spent: Amounts, usage: UsageRow, audit: AuditEntry): boolean;
  record(usage: UsageRow, audit: AuditEntry): boolean;
  renew(nodeId: string, until: number): void;
  expire(now: number): number;
  append(entry: AuditEntry): AuditRow;
  query(sql: string, parameters: readonly SqlValue[]): QueryAnswer;
  /** A statement, and an entry of the audit where it changes a row. */
  change(sql: string, parameters: readonly SqlValue[], entry: AuditEntry): QueryAnswer & { readonly changed: boolean };
  /** A small durable write that changes nothing. */
  touch(): void;
}

export type SqlValue = string | number | bigint | null;

export interface QueryAnswer {
  readonly rows: readonly Record<string, unknown>[];
  /** Rows that were written; undefined for a statement that gives rows. */
  readonly changes?: number;
}

/** A call on its way to the thread: its name, then its parameters. */
export type StoreCall = {
  [Name in keyof StoreCalls]: readonly [Name, ...Parameters<StoreCalls[Name]>];
}[keyof StoreCalls];

/** Answers come in the order of the calls of their kind, so that neither carries a number. */
export type StoreAnswer = { readonly value: unknown } | { readonly failure: StatementFailure };

/**
 * Calls that set money aside are answered as soon as they are decided, while they are being written: what is held is held by this
 * process alone, and is free again when that has died. All others are answered after the commit.
 */
export function isHold([name]: StoreCall): boolean {
  return name === "reserve" || name === "extend";
}

export interface StoreThreadData {
  readonly file: string;
  /** `read` serves `query` only, beside the one thread that writes. */
  readonly access: "write" | "read";
}

/** To the thread. After `close` it ends by itself. */
export type ThreadMessage = readonly StoreCall[] | "close";

/** The first message from the thread: whether the file could be opened. After it come answers, as many at once as there are. */
export type ThreadOpening = { readonly opened: true } | { readonly failed: StatementFailure };
export type ThreadReply = ThreadOpening | ThreadAnswers;
/** Of calls that set money aside, apart from all others. */
export type ThreadAnswers = readonly StoreAnswer[] | { readonly holds: readonly StoreAnswer[] };
