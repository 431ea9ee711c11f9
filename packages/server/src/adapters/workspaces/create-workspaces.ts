import { FailureError, toFailure } from "@gantry/contracts/errors";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { WorkspaceDiff } from "@gantry/contracts/workspaces";
import type { Clock } from "../../core/ports/clock.ts";
import type { DirectoryInspector } from "../../core/ports/directory-inspector.ts";
import type { Log } from "../../core/ports/log.ts";
import type { ProgramRunner } from "../../core/ports/program-runner.ts";
import type { Workspace, WorkspaceRequest, Workspaces } from "../../core/ports/workspaces.ts";
import { applyChange } from "./apply-change.ts";
import { collectChanges, type CollectLimits, usualCollectLimits } from "./collect-changes.ts";
import { type CollectedChange, countChanges, toArtifactList } from "./collected-change.ts";
import { createBlobStore, isMissing } from "./create-blob-store.ts";
import { createGit } from "./create-git.ts";
import { createMutex } from "./create-mutex.ts";
import { createSystemTools } from "./create-system-tools.ts";
import { makeFolder } from "./make-folder.ts";
import { makeDiff, openContent } from "./make-diff.ts";
import { readBase } from "./read-base.ts";
import { adoptOrRemoveLeftovers, forgetOld, type ShelfParts } from "./shelf-upkeep.ts";
import { toArchive } from "./to-archive.ts";
import { watchSize } from "./watch-size.ts";
import { createShelf } from "./workspace-shelf.ts";
import { parts, readChange, toWorkspace, type WorkspaceRecord, writeChange, writeRecord } from "./workspace-record.ts";

export interface WorkspacesParts {
  /** Where folders, artifacts and our own repositories lie; nobody else writes there. */
  readonly dataDirectory: string;
  readonly runner: ProgramRunner;
  /** The value of `PATH`, where git is found. */
  readonly path: string;
  readonly inspector: DirectoryInspector;
  readonly clock: Clock;
  readonly log: Log;
  /** A new id of a workspace. */
  createId(): string;
  /** How long artifacts are kept once their folder is gone. */
  readonly retentionMs: number;
  readonly limits?: CollectLimits;
  readonly maxDiffBytes?: number;
}

const usualDiffBytes = 2 * 1024 * 1024;

/** Workspaces as folders of the data directory. */
export function createWorkspaces(given: WorkspacesParts): Workspaces {
  const { dataDirectory, runner, clock, log, inspector } = given;
  const root = join(dataDirectory, "workspaces");
  const git = createGit({ runner, path: given.path, directory: join(dataDirectory, "git") });
  const tools = createSystemTools(runner, given.path);
  const blobs = createBlobStore(join(dataDirectory, "artifacts"));
  const shelf = createShelf(root);
  const mutex = createMutex();
  const underWay = new Set<Promise<unknown>>();
  const upkeep: ShelfParts = {
    root,
    shelf,
    tools,
    blobs,
    log,
    clock,
    collect,
    remove,
    background,
    retentionMs: given.retentionMs,
  };

  function track<Result>(work: Promise<Result>): Promise<Result> {
    underWay.add(work);
    void work.catch(() => undefined).finally(() => underWay.delete(work));
    return work;
  }

  function background(work: Promise<unknown>): void {
    void track(
      work.catch((error: unknown) => log.warn({ err: error }, "something of a workspace could not be cleared away")),
    );
  }

  async function create(request: WorkspaceRequest): Promise<Workspace> {
    const { source, owner, projectId } = request;
    if (source.kind === "directory") {
      const { name, path } = source.directory;
      const real = await inspector.inspect(path).catch(() => undefined);
      if (real !== path) throw refuseState(`The directory ${name} is not where it was registered any more.`);
    }
    const id = given.createId();
    const [folder, making] = [shelf.folderOf(id), `${shelf.folderOf(id)}.making`];
    await mkdir(root, { recursive: true, mode: 0o700 });
    await mkdir(making, { mode: 0o700 });
    try {
      const made = await makeFolder({ git, tools }, request, making);
      const times = { createdAt: clock.epoch(), removedAt: null, appliedAt: null };
      const record: WorkspaceRecord = { id, owner, projectId, ...made, ...times };
      await writeRecord(making, record);
      await rename(making, folder);
      shelf.put(record);
      return toWorkspace(record, folder);
    } catch (cause) {
      await tools.remove(making);
      if (cause instanceof FailureError) throw cause;
      log.error({ err: cause, workspace: id }, "a workspace could not be made");
      throw new FailureError(toFailure("internal", "The workspace could not be made."), { cause });
    }
  }

  function collect(id: string): Promise<CollectedChange> {
    return mutex.run(id, async () => {
      const { startCommit, removedAt } = requireRecord(id);
      if (removedAt !== null) throw refuseState("The workspace's folder is gone.");
      const folder = shelf.folderOf(id);
      const base = await readBase(git, join(folder, parts.repository), startCommit);
      const tree = join(folder, parts.tree);
      const limits = given.limits ?? usualCollectLimits;
      const change = await collectChanges({ tree, startCommit, base, blobs, limits, now: clock.epoch() });
      // Once for all contents, before the list that names them.
      if (change.files.length > 0) await tools.flush(folder);
      await writeChange(folder, change);
      return change;
    });
  }

  function remove(id: string): Promise<void> {
    return mutex.run(id, async () => {
      const record = requireRecord(id);
      const folder = shelf.folderOf(id);
      const tree = join(folder, parts.tree);
      if (record.removedAt !== null) return;
      const removed = { ...record, removedAt: clock.epoch() };
      await writeRecord(folder, removed);
      shelf.put(removed);
      await rename(tree, `${tree}.removing`).catch(ignoreMissing);
      background(tools.remove(`${tree}.removing`));
    });
  }

  function requireRecord(id: string): WorkspaceRecord {
    const record = shelf.get(id);
    if (record === undefined) throw new FailureError(toFailure("not_found", "There is no such workspace."));
    return record;
  }

  /** After a collection that is under way. */
  async function readLatest(id: string): Promise<CollectedChange | undefined> {
    return shelf.get(id) && (await mutex.run(id, () => readChange(shelf.folderOf(id))));
  }

  async function requireChange(id: string): Promise<CollectedChange> {
    const change = await readChange(shelf.folderOf(requireRecord(id).id));
    if (change !== undefined) return change;
    throw new FailureError(toFailure("not_found", "Nothing was collected of this workspace yet."));
  }

  async function diff(id: string): Promise<WorkspaceDiff> {
    const change = await requireChange(id);
    const { base, startCommit, appliedAt } = requireRecord(id);
    const repository = join(shelf.folderOf(id), parts.repository);
    const maxBytes = given.maxDiffBytes ?? usualDiffBytes;
    const shown = await makeDiff(git, { repository, startCommit, change, blobs, maxBytes });
    const { digest, complete, files } = change;
    const changes = countChanges(files);
    return { digest, directory: base.directory, baseCommit: base.commit, changes, ...shown, complete, appliedAt };
  }

  return {
    create: (request) => track(create(request)),
    find: (id) => shelf.find(id),
    findByOwner: (ownerId) => shelf.findByOwner(ownerId),
    usageBytes: (id) => tools.usageBytes(join(shelf.folderOf(requireRecord(id).id), parts.tree)),
    watchSize(id, limitBytes, onExceeded) {
      const tree = join(shelf.folderOf(requireRecord(id).id), parts.tree);
      const onError = (error: unknown) => log.warn({ err: error, workspace: id }, "a workspace could not be measured");
      return watchSize({ clock, limitBytes, measure: () => tools.usageBytes(tree), onExceeded, onError });
    },
    collect: async (id) => toArtifactList(await track(collect(id))),
    async artifacts(id) {
      const change = await readLatest(id);
      return change && toArtifactList(change);
    },
    async open(id, artifactId) {
      const change = await readLatest(id);
      const file = change?.files.find(({ artifact }) => artifact.id === artifactId);
      if (file === undefined || file.artifact.kind !== "file") return undefined;
      const content = await openContent(file, blobs);
      const { mediaType, path } = file.artifact;
      return content && { ...content, mediaType, fileName: path.slice(path.lastIndexOf("/") + 1) };
    },
    archive: async (id) => toArchive(await mutex.run(id, () => requireChange(id)), blobs),
    diff: (id) => track(mutex.run(id, () => diff(id))),
    apply(id, directory, expectedDigest) {
      // Of two that land in the same directory the later one looks at what the first has left.
      const work = async () => {
        const change = await requireChange(id);
        if (expectedDigest !== undefined && expectedDigest !== change.digest) {
          throw refuseState("The change is another one than the diff that was read; read it again.");
        }
        const folder = shelf.folderOf(id);
        const now = clock.epoch();
        const request = { record: requireRecord(id), folder, change, directory, now };
        shelf.put(await applyChange({ git, blobs, inspector }, request));
        const { digest, files } = change;
        return { directory: directory.name, digest, changes: countChanges(files), appliedAt: now };
      };
      return track(mutex.run(`directory ${directory.path}`, () => mutex.run(id, work)));
    },
    remove,
    adoptOrRemoveLeftovers: (isAlive) => track(adoptOrRemoveLeftovers(upkeep, isAlive)),
    forgetOld: () => track(forgetOld(upkeep)),
    async stop() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

function refuseState(message: string): FailureError {
  return new FailureError(toFailure("conflict", message));
}
