import { StoreError } from "../../adapters/store/shared/store-error.ts";
import { StartError } from "../start-error.ts";

/** Runs what may fail because of the store, whose sentence is for the person at the terminal. */
export async function passOnStoreErrors<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StoreError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}
