/** One thing that somebody did. Rows are appended and never changed; each is chained to the one before by its hash. */
export interface AuditRow extends AuditEntry {
  /** From 1, without a gap. */
  readonly sequence: number;
  readonly previousHash: string;
  readonly hash: string;
}

export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Id of the key that acted, `admin` or `system`. */
  readonly actor: string;
  /** `<noun>.<verb>`, such as `key.created` or `completion.finished`. */
  readonly action: string;
  /** What it was done to: `key:<id>`, `project:<id>`, `request:<id>`. */
  readonly target: string;
  readonly projectId: string | null;
  /** Address it came from; null for what the server does itself. */
  readonly address: string | null;
  /** `name@version` of the permission profile in force; null where none was. */
  readonly policy: string | null;
  readonly result: "ok" | "refused" | "failed";
  /** An error's code or a short fact; never a payload. */
  readonly detail: string | null;
  /** Digest of the payload, so that it can be proved without being kept; null where there was none. */
  readonly payloadDigest: string | null;
}

/** The state of the chain at one time. Kept elsewhere, it proves that the tail was not cut since. */
export interface AuditCheckpoint {
  readonly sequence: number;
  readonly hash: string;
  readonly at: number;
}
