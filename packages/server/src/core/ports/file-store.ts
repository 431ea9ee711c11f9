import type { Page, PageRequest } from "./control-store.ts";

/** What is known of a file; its content lies elsewhere, by its digest. */
export interface StoredFile {
  readonly id: string;
  readonly projectId: string;
  readonly filename: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** SHA-256 of the content in hexadecimal. */
  readonly digest: string;
  /** Session that made it; null for what was uploaded. */
  readonly scopeId: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export interface FileQuery extends PageRequest {
  /** Of all projects where it is missing. */
  readonly projectId?: string;
  readonly scopeId?: string;
  /** What has expired by then is left out. */
  readonly now: number;
}

export interface FileStore {
  /** Rejects with a `FailureError` of code `conflict` where the id is taken. */
  create(file: StoredFile): Promise<void>;
  find(id: string): Promise<StoredFile | undefined>;
  /** Those of the ids that are there, in no order. */
  findMany(ids: readonly string[]): Promise<readonly StoredFile[]>;
  /** Newest first. */
  list(query: FileQuery): Promise<Page<StoredFile>>;
  /** False where there is none. */
  delete(id: string): Promise<boolean>;
  /** Of the files that have expired by then, each once. */
  expiredDigests(now: number): Promise<readonly string[]>;
  /** Forgets what had expired by then. */
  deleteExpired(before: number): Promise<void>;
  /** Bytes of a project's files that have not expired by then, each counted for itself. */
  usedBytes(projectId: string, now: number): Promise<number>;
  /** Whether any file that has not expired by then has that content. */
  isUsed(digest: string, now: number): Promise<boolean>;
}
