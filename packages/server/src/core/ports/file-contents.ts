/** The content of files by its digest, so that what is stored twice lies there once. */
export interface FileContents {
  /**
   * Reads a content to its end and keeps it aside. Rejects with a `FailureError` of code `body_too_large` beyond the limit, and passes on
   * what the source rejects with; nothing is left behind then.
   */
  receive(source: AsyncIterable<Uint8Array>, limitBytes: number): Promise<ReceivedContent>;
  /** Undefined where there is no such content. */
  open(digest: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Removing what is not there is no error. */
  remove(digest: string): Promise<void>;
  /** All digests, in no order. */
  list(): AsyncIterable<string>;
}

/** A content that nobody can open yet. One of both is to be called. */
export interface ReceivedContent {
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** On the disk for good when it resolves. */
  keep(): Promise<void>;
  discard(): Promise<void>;
}
