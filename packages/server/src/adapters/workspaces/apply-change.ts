import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { RegisteredDirectory } from "@gantry/contracts/directories";
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DirectoryInspector } from "../../core/ports/directory-inspector.ts";
import { carryOut, undo } from "./carry-out-landing.ts";
import { isRepository, readHead } from "./clone-repository.ts";
import type { CollectedChange } from "./collected-change.ts";
import type { BlobStore } from "./create-blob-store.ts";
import type { Git } from "./create-git.ts";
import { findMoved, type LandedFile, type Landing, landingSchema, refuseMoved } from "./landing.ts";
import { openContent } from "./make-diff.ts";
import { type BaseTree, readBase, toKey } from "./read-base.ts";
import { isSame } from "./look-at.ts";
import { clearStage, stageLanding } from "./stage-landing.ts";
import { parts, readText, type WorkspaceRecord, writeDurably, writeRecord } from "./workspace-record.ts";

export interface ApplyParts {
  readonly git: Git;
  readonly blobs: BlobStore;
  readonly inspector: DirectoryInspector;
}

export interface ApplyRequest {
  readonly record: WorkspaceRecord;
  /** The workspace's folder, for the journal. */
  readonly folder: string;
  readonly change: CollectedChange;
  readonly directory: RegisteredDirectory;
  readonly now: number;
}

/** Lands a change in a directory, all of it or nothing. Gives the record as it is then. Rejects with a `FailureError` of code `conflict`. */
export async function applyChange(apply: ApplyParts, request: ApplyRequest): Promise<WorkspaceRecord> {
  const { record, folder, change, directory, now } = request;
  refuseUnfit(request);
  await requireUnmoved(apply, directory, record);
  const base = await readBase(apply.git, join(folder, parts.repository), record.sourceCommit);
  const files = toLandedFiles(change, base);
  const what = { directory: directory.path, gitHash: base.gitHash };
  // A copy has no commit that would tell whether the rest of it is as it was.
  const unchanged = record.base.kind === "copy" ? [...base.files].map(toUnchanged) : [];
  const moved = await findMoved({ ...what, files: [...files, ...unchanged.filter(notIn(files))] });
  if (moved.length > 0) throw refuseMoved(moved);

  const landing: Landing = { ...what, folder: `.gantry-landing-${randomBytes(6).toString("hex")}`, files };
  const journal = join(folder, parts.landing);
  await writeDurably(journal, JSON.stringify(landing));
  try {
    const byPath = new Map(change.files.map((file) => [file.path, file]));
    await stageLanding(landing, async (index) => {
      const file = byPath.get(files[index]?.path ?? "");
      const content = file && (await openContent(file, apply.blobs));
      if (content === undefined) throw refuseState("The content of a file is not kept any more; nothing was landed.");
      return content.chunks;
    });
    await carryOut(landing);
    const applied = { ...record, appliedAt: now };
    await writeRecord(folder, applied);
    return applied;
  } finally {
    await clearStage(landing);
    await rm(journal, { force: true });
  }
}

/** Undoes what a crash left half done. Gives whether there was anything. */
export async function recoverLanding(folder: string, record: WorkspaceRecord): Promise<boolean> {
  const journal = join(folder, parts.landing);
  const text = await readText(journal);
  if (text === undefined) return false;
  const landing = landingSchema.parse(JSON.parse(text));
  if (record.appliedAt === null) await undo(landing);
  await clearStage(landing);
  await rm(journal, { force: true });
  return true;
}

function refuseUnfit({ record, change, directory }: ApplyRequest): void {
  if (record.appliedAt !== null) throw refuseState("The change of this run was landed before.");
  if (record.base.directory !== directory.name) throw refuseState("The run began with another directory.");
  if (directory.access !== "writable") {
    throw refuseState(`The directory ${directory.name} is read-only: an administrator can make it writable.`);
  }
  const inTheWay = change.complete ? change.notes.find(({ code }) => code === "case_collision") : change.notes[0];
  if (inTheWay !== undefined || !change.complete) {
    const what = inTheWay === undefined ? "" : ` (${inTheWay.path ?? ""}: ${inTheWay.message})`;
    throw refuseState(`The change cannot be landed as a whole${what}; nothing was landed.`);
  }
  if (change.files.length === 0) throw refuseState("The run changed nothing; there is nothing to land.");
}

async function requireUnmoved(
  { git, inspector }: ApplyParts,
  { name, path }: RegisteredDirectory,
  { base }: WorkspaceRecord,
): Promise<void> {
  const real = await inspector.inspect(path).catch(() => undefined);
  if (real !== path) throw refuseState(`The directory ${name} is not where it was registered any more.`);
  const hasCommits = await isRepository(path);
  if (hasCommits !== (base.kind === "repository")) throw refuseMoved([".git"]);
  const head = hasCommits ? await readHead(git, path) : null;
  if (head === base.commit) return;
  const at = head === undefined ? "no commit" : `commit ${head?.slice(0, 12)}`;
  throw refuseState(
    `The directory has moved since: the run began with commit ${base.commit?.slice(0, 12)}, its HEAD is at ${at}. Nothing was landed.`,
  );
}

/** Against the directory alone: files that were laid over it are none of its own. */
function toLandedFiles({ files }: CollectedChange, base: BaseTree): LandedFile[] {
  return files
    .map(({ path, after }) => ({ path, after, before: base.files.get(toKey(Buffer.from(path, "base64"))) ?? null }))
    .filter(({ before, after }) => !isSame(before, after));
}

const toUnchanged = ([key, file]: readonly [string, LandedFile["before"]]): LandedFile => ({
  path: Buffer.from(key, "latin1").toString("base64"),
  before: file,
  after: file,
});

function notIn(files: readonly LandedFile[]): (file: LandedFile) => boolean {
  const paths = new Set(files.map(({ path }) => path));
  return ({ path }) => !paths.has(path);
}

function refuseState(message: string): FailureError {
  return new FailureError(toFailure("conflict", message));
}
