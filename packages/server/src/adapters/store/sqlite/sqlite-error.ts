import { FailureError, toFailure } from "@gantry/contracts/errors";

/** What a failed statement left: SQLite's own words and its extended code, where it was SQLite that failed. */
export interface StatementFailure {
  readonly message: string;
  readonly errcode?: number;
}

/** A statement that SQLite refused, such as for a key that is taken. */
export class SqliteError extends Error {
  readonly errcode: number | undefined;

  constructor({ message, errcode }: StatementFailure) {
    super(message);
    this.name = "SqliteError";
    this.errcode = errcode;
  }
}

/** Primary codes of failures that are not the statement's fault: of the disk, the file, or another program that holds it. */
const storageCodes: ReadonlyMap<number, string> = new Map([
  [3, "access is denied"],
  [5, "another program keeps it locked"],
  [7, "memory ran out"],
  [8, "it can only be read"],
  [10, "the disk failed"],
  [11, "it is damaged"],
  [13, "the disk is full"],
  [14, "it cannot be opened"],
  [26, "it is not a database"],
]);

export function toStatementFailure(error: unknown): StatementFailure {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = findErrorCode(error);
  return errcode === undefined ? { message } : { message, errcode };
}

/** What is wrong with the storage, in words; undefined where something else failed. */
export function describeStorageFailure(error: unknown): string | undefined {
  const errcode = findErrorCode(error);
  // The lowest byte is the primary code.
  return errcode === undefined ? undefined : storageCodes.get(errcode & 0xff);
}

/** A failure of the storage becomes `store_unavailable`; any other stays what it is. */
export function toStoreFailure(failure: StatementFailure): Error {
  const error = new SqliteError(failure);
  return describeStorageFailure(error) === undefined ? error : toUnavailable(error);
}

export function toUnavailable(cause: unknown): FailureError {
  return new FailureError(toFailure("store_unavailable"), { cause });
}

/** Whether another connection holds the file, SQLITE_BUSY. */
export function isLocked(error: unknown): boolean {
  return ((findErrorCode(error) ?? 0) & 0xff) === 5;
}

function findErrorCode(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}
