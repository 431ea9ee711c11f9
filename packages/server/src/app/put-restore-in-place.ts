import { StoreError } from "../adapters/store/shared/store-error.ts";
import { putDraftInPlace } from "../adapters/store/sqlite/restore-draft.ts";
import type { Config } from "./config.ts";
import type { RestoreRequest } from "./create-store-restorer.ts";

/** What came of a restore: where the old database stays, or why it is still in its place. */
export type RestoreOutcome = { readonly kept: string | undefined } | { readonly problem: string };

/** Swaps the databases of a server that has stopped. */
export async function putRestoreInPlace(
  { dataDirectory }: Pick<Config, "dataDirectory">,
  { id }: RestoreRequest,
): Promise<RestoreOutcome> {
  try {
    return { kept: await putDraftInPlace({ directory: dataDirectory, id }, Date.now()) };
  } catch (error) {
    if (error instanceof StoreError) return { problem: error.message };
    throw error;
  }
}
