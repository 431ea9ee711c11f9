/** A response of a client as it is kept. `body` and `input` (JSON) mean nothing here. */
export interface StoredResponse {
  readonly id: string;
  readonly projectId: string;
  readonly keyId: string;
  /** That it goes on from. */
  readonly previousId: string | null;
  /** The first of its conversation: its own id where nothing came before. */
  readonly rootId: string;
  /** How many came before it, and bytes of all of them and itself. */
  readonly depth: number;
  readonly bytes: number;
  /** A removed one holds nothing; it only says that there was one. */
  readonly state: "running" | "ended" | "removed";
  readonly body: string;
  readonly input: string;
  /** Until when the node that makes it is taken to be alive, in epoch milliseconds; null where nobody makes it. */
  readonly leaseUntil: number | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** What is kept of clients' responses, for one node or many. Every write is one statement, committed when it resolves. */
export interface ResponseStore {
  /** Twice is once: nothing is changed where there is one. */
  add(response: StoredResponse): Promise<void>;
  get(id: string): Promise<StoredResponse | undefined>;
  /** The response and those before it, oldest first, as far as they are there. */
  listChain(id: string): Promise<readonly StoredResponse[]>;
  /** Ends one that is running. False where it is not any more: of several ends one is made. */
  end(id: string, body: string): Promise<boolean>;
  /** False where it is not running any more. */
  renew(id: string, leaseUntil: number): Promise<boolean>;
  /** Whether there is one, or was one. Twice is once. */
  remove(id: string): Promise<boolean>;
  /** Keeps a whole conversation longer. */
  prolong(rootId: string, expiresAt: number): Promise<void>;
  /** Drops those that are over by then, and says how many. */
  sweep(now: number, limit: number): Promise<number>;
}
