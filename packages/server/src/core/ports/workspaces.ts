import type { RegisteredDirectory } from "@gantry/contracts/directories";
import type { AppliedChange, ArtifactList, WorkspaceDiff } from "@gantry/contracts/workspaces";

/**
 * The folders that agents work in, on this machine. Each belongs to one run or session, holds a private copy of what the work
 * begins with, and shares nothing with where that came from. No method of it runs a program inside a folder that an agent has had.
 *
 * Use cases go through `core/workspaces/workspace-service.ts`, which finds directories by name and knows who may use them.
 * Rejections are `FailureError`s.
 */
export interface Workspaces {
  /**
   * Makes a folder, or leaves nothing behind. Rejects with `invalid_request` for a ref that is not there, a file whose path cannot be, or a
   * source larger than `maxBytes`; `conflict` where the directory is not what it was when it was registered.
   */
  create(request: WorkspaceRequest): Promise<Workspace>;
  /** Undefined where there is no such workspace, or none any more. */
  find(id: string): Workspace | undefined;
  /** The newest of a run or session; also where its folder is gone and its artifacts are kept. */
  findByOwner(ownerId: string): Workspace | undefined;

  /** What the folder takes on the disk now. Links are not followed, and what grows meanwhile may be missed. */
  usageBytes(id: string): Promise<number>;
  /**
   * Measures again and again until stopped, each time after a pause that follows from how long measuring takes. `onExceeded` is
   * called once, at the first measure over the limit, with that measure; then the watch has ended.
   */
  watchSize(id: string, limitBytes: number, onExceeded: (usedBytes: number) => void): SizeWatch;

  /**
   * Lists and keeps what was made and changed since the folder was handed over. To be called when the agent's processes are gone; where they
   * are not, what changes in the midst is noted, never followed out of the folder. Each call takes the place of the one before.
   */
  collect(id: string): Promise<ArtifactList>;
  /** What the last `collect` found, after one that is under way; undefined where there was none. */
  artifacts(id: string): Promise<ArtifactList | undefined>;
  /** The kept content of an artifact, by its id. Undefined where there is no such artifact or no content of it. */
  open(id: string, artifactId: string): Promise<ArtifactContent | undefined>;
  /** All kept artifacts as a gzipped tar. Rejects with `not_found` where nothing was collected. */
  archive(id: string): Promise<AsyncIterable<Uint8Array>>;

  /** The collected change as a diff. Rejects with `not_found` where nothing was collected. */
  diff(id: string): Promise<WorkspaceDiff>;
  /**
   * Lands the collected change in the directory the work began with: all of it, or nothing. Rejects with `conflict` where that is not as it
   * was when the work began, where the change was landed before, or where it cannot be landed whole.
   */
  apply(id: string, directory: RegisteredDirectory, expectedDigest: string | undefined): Promise<AppliedChange>;

  /** Removes the folder in the background; what was collected is kept for the retention time. May be called twice. */
  remove(id: string): Promise<void>;
  /**
   * To be called once at start, before anything is made: ends what a crash left half done (a folder in the making, a removal, a
   * landing). Workspaces that `isAlive` says yes to are taken over; of the others, what they hold is collected and the folder goes, in the
   * background.
   */
  adoptOrRemoveLeftovers(isAlive: (workspace: Workspace) => Promise<boolean>): Promise<LeftoverReport>;
  /** Forgets artifacts whose retention time is over, with their content. */
  forgetOld(): Promise<void>;
  /** Waits for what is under way. May be called twice. */
  stop(): Promise<void>;
}

export interface WorkspaceRequest {
  readonly owner: WorkspaceOwner;
  readonly projectId: string;
  readonly source:
    | { readonly kind: "empty" }
    | { readonly kind: "directory"; readonly directory: RegisteredDirectory; readonly ref?: string };
  /** Laid over the source. They are part of what the work begins with, and no artifacts. */
  readonly files?: readonly WorkspaceFile[];
  /** Who shall own every file of the folder; only where the server runs as root. */
  readonly ownerIds?: OwnerIds;
  /** A source that is larger is refused. */
  readonly maxBytes?: number;
}

export interface WorkspaceOwner {
  readonly kind: "run" | "session";
  /** `run_…` or `sesn_…`. */
  readonly id: string;
}

export interface WorkspaceFile {
  /** Relative, with `/`; no `..`, no empty part, no `.git`. */
  readonly path: string;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  readonly executable?: boolean;
}

/** A Unix user and group by number. */
export interface OwnerIds {
  readonly uid: number;
  readonly gid: number;
}

export interface Workspace {
  /** `wksp_…`. */
  readonly id: string;
  readonly owner: WorkspaceOwner;
  readonly projectId: string;
  /** The folder on the host, for the walls alone: never to be shown to a client, nor to the agent. */
  readonly hostPath: string;
  readonly base: WorkspaceBase;
  readonly state: "ready" | "removed";
  readonly createdAt: number;
  /** What was left out when it was made, each a sentence. */
  readonly notes: readonly string[];
}

/** What the work began with. */
export interface WorkspaceBase {
  readonly kind: "empty" | "copy" | "repository";
  /** Name of the registered directory; null where there is none. */
  readonly directory: string | null;
  /** Commit of the directory's repository; null where it is none. */
  readonly commit: string | null;
}

export interface SizeWatch {
  /** May be called twice. */
  stop(): void;
}

export interface ArtifactContent {
  readonly size: number;
  readonly mediaType: string;
  /** The last part of its path. */
  readonly fileName: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface LeftoverReport {
  readonly adopted: number;
  readonly removed: number;
}
