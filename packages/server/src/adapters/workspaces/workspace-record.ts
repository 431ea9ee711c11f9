import type { Workspace, WorkspaceBase, WorkspaceOwner } from "../../core/ports/workspaces.ts";
import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { CollectedChange } from "./collected-change.ts";
import { isMissing } from "./create-blob-store.ts";

/** What is kept of a workspace, in a file beside its folder. */
export interface WorkspaceRecord {
  readonly id: string;
  readonly owner: WorkspaceOwner;
  readonly projectId: string;
  readonly base: WorkspaceBase;
  /** Commits in our own repository: the source alone, and with the files that were laid over it. */
  readonly sourceCommit: string;
  readonly startCommit: string;
  readonly createdAt: number;
  readonly notes: readonly string[];
  readonly removedAt: number | null;
  readonly appliedAt: number | null;
}

const schema = z.object({
  id: z.string(),
  owner: z.object({ kind: z.enum(["run", "session"]), id: z.string() }),
  projectId: z.string(),
  base: z.object({
    kind: z.enum(["empty", "copy", "repository"]),
    directory: z.string().nullable(),
    commit: z.string().nullable(),
  }),
  sourceCommit: z.string(),
  startCommit: z.string(),
  createdAt: z.number(),
  notes: z.array(z.string()),
  removedAt: z.number().nullable(),
  appliedAt: z.number().nullable(),
}) satisfies z.ZodType<WorkspaceRecord>;

/** Where the parts of a workspace lie in its folder. */
export const parts = {
  tree: "tree",
  repository: "base.git",
  record: "record.json",
  change: "change.json",
  landing: "landing.json",
} as const;

export async function writeRecord(folder: string, record: WorkspaceRecord): Promise<void> {
  await writeDurably(join(folder, parts.record), JSON.stringify(record));
}

/** Undefined where there is no record that can be read. */
export async function readRecord(folder: string): Promise<WorkspaceRecord | undefined> {
  const text = await readText(join(folder, parts.record));
  try {
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function writeChange(folder: string, change: CollectedChange): Promise<void> {
  await writeDurably(join(folder, parts.change), JSON.stringify(change));
}

/** Undefined where nothing was collected. */
export async function readChange(folder: string): Promise<CollectedChange | undefined> {
  const text = await readText(join(folder, parts.change));
  // Written whole by us, or not at all.
  return text === undefined ? undefined : (JSON.parse(text) as CollectedChange);
}

export function toWorkspace(record: WorkspaceRecord, folder: string): Workspace {
  const { id, owner, projectId, base, createdAt, notes, removedAt } = record;
  const state = removedAt === null ? "ready" : "removed";
  return { id, owner, projectId, base, createdAt, notes, state, hostPath: join(folder, parts.tree) };
}

export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** After a crash the file has the old content or the new. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
