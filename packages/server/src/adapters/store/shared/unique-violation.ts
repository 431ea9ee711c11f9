import { FailureError, toFailure } from "@gantry/contracts/errors";

/** SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. */
const sqliteCodes: readonly unknown[] = [1555, 2067];
const postgresCode = "23505";

/** Whether a statement failed because a row with that key is there already, on either store. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ("code" in error && error.code === postgresCode) || ("errcode" in error && sqliteCodes.includes(error.errcode))
  );
}

/** Passes on what a write gives, and turns a key that is taken into a `FailureError` of code `conflict`. */
export async function refuseTaken<Result>(write: Promise<Result>, message: string): Promise<Result> {
  try {
    return await write;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new FailureError(toFailure("conflict", message), { cause: error });
  }
}
