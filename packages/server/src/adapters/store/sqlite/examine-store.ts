import { stat } from "node:fs/promises";
import { join } from "node:path";
import { requireFreeDirectory } from "./data-lock.ts";
import { databaseName } from "./open-sqlite-store.ts";
import { examineDatabase } from "./prepare-database.ts";

/**
 * Looks whether a start could open the store of a data directory, without making or changing anything. Resolves with what was
 * found, in words; throws a `StoreError` with the sentence of the start that would be refused.
 */
export async function examineSqliteStore(directory: string): Promise<string> {
  await requireFreeDirectory(directory);
  const file = join(directory, databaseName);
  const missing = await stat(file).then(
    () => false,
    () => true,
  );
  if (missing) return `embedded, in ${file} (the first start makes it)`;
  await examineDatabase(file);
  return `embedded, in ${file}`;
}
