import { test } from "node:test";
import type { Store } from "../../../../core/ports/store.ts";

/** A store that a test may do anything to. */
export interface StoreUnderTest {
  readonly store: Store;
  /**
   * Ends the store that is open as a crash would, in the midst of whatever is under way, and opens the same data again.
   * What is under way rejects or has been committed; nobody can tell which.
   */
  crash(): Promise<Store>;
  /** Closes the store that is open and removes its data. */
  close(): Promise<void>;
}

export type OpenStore = () => Promise<StoreUnderTest>;

/** Registers one test of the suite. */
export type Describe = (behaviour: string, check: (store: Store, tested: StoreUnderTest) => Promise<void>) => void;

export function createDescribe(name: string, open: OpenStore): Describe {
  return (behaviour, check) => {
    test(`${name}: ${behaviour}`, async () => {
      const tested = await open();
      try {
        await check(tested.store, tested);
      } finally {
        await tested.close();
      }
    });
  };
}
