import { z } from "zod";
import { directoryName } from "./directories.ts";

/** What an agent works in, and what comes of it. No path in here is one of the host. */

export const workspaceSource = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("empty") }),
  z.strictObject({
    kind: z.literal("directory"),
    /** Name of a registered directory. A git repository is cloned, anything else is copied. */
    directory: directoryName,
    /** Branch, tag or commit of a git repository; where its `HEAD` is without one. */
    ref: z.string().min(1).max(256).optional(),
  }),
]);
export type WorkspaceSource = z.infer<typeof workspaceSource>;

export const changeKinds = ["added", "modified", "deleted"] as const;
export type ChangeKind = (typeof changeKinds)[number];

export const artifactKinds = ["file", "symlink"] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

/** One file or link that a run made, changed or deleted. */
export interface Artifact {
  /** `art_…`, made of the path: the same path has the same id. */
  readonly id: string;
  /** Relative to the workspace, with `/`. Where the name is no UTF-8, what cannot be told is `\uFFFD`. */
  readonly path: string;
  /** The name's bytes in base64, where it is no UTF-8; null elsewhere. */
  readonly pathBytes: string | null;
  readonly change: ChangeKind;
  readonly kind: ArtifactKind;
  readonly mediaType: string;
  /** Bytes; 0 for what was deleted. */
  readonly size: number;
  /** `sha256:` and hexadecimal; null for what was deleted, for links, and for what was not kept. */
  readonly digest: string | null;
  readonly executable: boolean;
  /** Where a link points, if that is inside the workspace; null elsewhere. */
  readonly target: string | null;
}

/** What was left out of the artifacts, and why. */
export interface ArtifactNote {
  readonly code:
    | "too_large"
    | "too_many"
    | "too_deep"
    | "no_file"
    | "points_outside"
    | "unreadable"
    | "changed_meanwhile"
    | "nested_repository"
    | "case_collision";
  /** Missing where it is about the whole. */
  readonly path?: string;
  readonly message: string;
}

/** What a run made, against what it began with. */
export interface ArtifactList {
  readonly items: readonly Artifact[];
  readonly notes: readonly ArtifactNote[];
  /** Whether all that was changed is in `items` and was kept. */
  readonly complete: boolean;
  /** Epoch milliseconds. */
  readonly collectedAt: number;
}

/** The change of a run as people read it. */
export interface WorkspaceDiff {
  /** Of the change as a whole; an approval names it, so that what lands is what was shown. */
  readonly digest: string;
  /** Name of the directory the work began with; null where there was none. */
  readonly directory: string | null;
  /** Commit the work began with; null where the directory is no git repository. */
  readonly baseCommit: string | null;
  readonly changes: { readonly added: number; readonly modified: number; readonly deleted: number };
  /** Unified diff in git's form, cut at its bound. What is no text is told in one line. */
  readonly patch: string;
  readonly truncated: boolean;
  readonly complete: boolean;
  /** When it was landed, in epoch milliseconds; null while it was not. */
  readonly appliedAt: number | null;
}

export const applyInput = z.strictObject({
  /** `digest` of the diff that was read; where the change is another by now it is refused. */
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "the digest of a diff")
    .optional(),
});
export type ApplyInput = z.infer<typeof applyInput>;

/** What was landed. */
export interface AppliedChange {
  readonly directory: string;
  readonly digest: string;
  readonly changes: WorkspaceDiff["changes"];
  readonly appliedAt: number;
}
