import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FileMetadata } from "@gantry/contracts/files";
import type { Principal } from "../access/principal.ts";
import { sees, toProjectFilter } from "../access/visibility.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import type { Caller } from "../control/caller.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { createId } from "../control/create-id.ts";
import { requireFound } from "../control/refusals.ts";
import { toNullableTimestamp, toTimestamp } from "../control/to-timestamp.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { FileContents, ReceivedContent } from "../ports/file-contents.ts";
import type { StoredFile } from "../ports/file-store.ts";
import type { ManagedStore } from "../ports/managed-store.ts";
import { createKeyedLock } from "./keyed-lock.ts";

/**
 * The files of a project. A key with the scope `admin` sees those of all projects. Rejects with a `FailureError`: `not_found` for what
 * the caller may not see, `file_expired`, `body_too_large`, `storage_quota_exceeded`.
 */
export interface FileService {
  /** Reads a content to its end, as far as the project has room for it. `keep` or the content's own `discard` is to follow. */
  receive(principal: Principal, source: AsyncIterable<Uint8Array>): Promise<ReceivedContent>;
  keep(caller: Caller, content: ReceivedContent, details: FileDetails): Promise<FileMetadata>;
  get(principal: Principal, id: string): Promise<FileMetadata>;
  open(principal: Principal, id: string): Promise<OpenFile>;
  /** For what the server does itself, in the name of a project. */
  openOf(projectId: string, id: string): Promise<OpenFile>;
  /** Newest first. */
  list(principal: Principal, query: PageRequest & { readonly scopeId?: string }): Promise<Page<FileMetadata>>;
  /** Those of the ids that the caller may see, in their order. */
  listByIds(principal: Principal, ids: readonly string[]): Promise<readonly FileMetadata[]>;
  /** Sessions that hold a copy keep it. */
  delete(caller: Caller, id: string): Promise<void>;
  /** Removes what has expired; what has no row any more goes too, where no other server could be adding one. */
  cleanUp(alone: boolean): Promise<void>;
}

export interface FileDetails {
  readonly filename: string;
  readonly mimeType: string;
  readonly expiresInSeconds?: number;
  /** The session that made it. */
  readonly scopeId?: string;
}

export interface OpenFile {
  readonly file: FileMetadata;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface FileLimits {
  /** Of one file. */
  readonly fileBytes: number;
  /** Of all files of a project. */
  readonly projectBytes: number;
}

export interface FileServiceParts extends ControlParts {
  readonly store: ControlParts["store"] & { readonly managed: Pick<ManagedStore, "files"> };
  readonly contents: FileContents;
  readonly limits: FileLimits;
}

/** How long one who asks for an expired file is told that it has expired, and not that there is none. */
const rememberedMs = 30 * 86_400_000;

export function createFileService(parts: FileServiceParts): FileService {
  const { clock, store, contents, limits } = parts;
  const { files } = store.managed;
  const audit = createAuditRecorder(parts);
  // A content that is kept while the last file of the same one is deleted must not be lost.
  const contentLock = createKeyedLock();
  const projectLock = createKeyedLock();
  const isExpired = ({ expiresAt }: StoredFile): boolean => expiresAt !== null && expiresAt <= clock.epoch();
  const find = async (principal: Pick<Principal, "projectId" | "scopes">, id: string): Promise<StoredFile> => {
    const found = await files.find(id);
    const file = requireFound(found !== undefined && sees(principal, found.projectId) ? found : undefined, "file");
    if (isExpired(file)) throw new FailureError(toFailure("file_expired"));
    return file;
  };
  const open = async (principal: Pick<Principal, "projectId" | "scopes">, id: string): Promise<OpenFile> => {
    const file = await find(principal, id);
    return { file: toMetadata(file), content: requireFound(await contents.open(file.digest), "file") };
  };
  const requireRoom = async (projectId: string, bytes: number): Promise<number> => {
    const left = limits.projectBytes - (await files.usedBytes(projectId, clock.epoch()));
    if (bytes > left) throw refuseQuota(limits);
    return left;
  };
  const removeUnused = (digest: string) =>
    contentLock.hold(digest, async () => {
      if (!(await files.isUsed(digest, clock.epoch()))) await contents.remove(digest);
    });
  const changeOf = (file: Pick<StoredFile, "id" | "projectId">, verb: string, detail?: string) => ({
    action: `file.${verb}`,
    target: `file:${file.id}`,
    projectId: file.projectId,
    ...(detail !== undefined && { detail }),
  });

  return {
    async receive({ projectId }, source) {
      const left = await requireRoom(projectId, 1);
      try {
        return await contents.receive(source, Math.min(limits.fileBytes, left));
      } catch (error) {
        const isTooLarge = error instanceof FailureError && error.failure.code === "body_too_large";
        if (!isTooLarge) throw error;
        throw left < limits.fileBytes ? refuseQuota(limits) : refuseSize(limits);
      }
    },
    async keep({ principal, actor }, content, { filename, mimeType, expiresInSeconds, scopeId }) {
      const createdAt = clock.epoch();
      const file: StoredFile = {
        id: createId("file", parts.random),
        projectId: principal.projectId,
        filename,
        mimeType,
        sizeBytes: content.sizeBytes,
        digest: content.digest,
        scopeId: scopeId ?? null,
        createdAt,
        expiresAt: expiresInSeconds === undefined ? null : createdAt + expiresInSeconds * 1000,
      };
      try {
        return await audit.record(actor, changeOf(file, "uploaded", `sha256 ${file.digest}`), () =>
          projectLock.hold(file.projectId, async () => {
            await requireRoom(file.projectId, file.sizeBytes);
            await contentLock.hold(file.digest, async () => {
              await content.keep();
              await files.create(file);
            });
            return toMetadata(file);
          }),
        );
      } catch (error) {
        await content.discard();
        throw error;
      }
    },
    get: async (principal, id) => toMetadata(await find(principal, id)),
    open,
    openOf: (projectId, id) => open({ projectId, scopes: [] }, id),
    async list(principal, query) {
      const page = await files.list({ ...query, ...toProjectFilter(principal), now: clock.epoch() });
      return { items: page.items.map(toMetadata), nextCursor: page.nextCursor };
    },
    async listByIds(principal, ids) {
      const found = await files.findMany(ids);
      const seen = found.filter((file) => sees(principal, file.projectId) && !isExpired(file));
      return ids.flatMap((id) => seen.filter((file) => file.id === id).slice(0, 1)).map(toMetadata);
    },
    async delete({ principal, actor }, id) {
      const file = await find(principal, id);
      await audit.record(actor, changeOf(file, "deleted"), async () => {
        requireFound((await files.delete(id)) || undefined, "file");
        await removeUnused(file.digest);
      });
    },
    async cleanUp(alone) {
      for (const digest of await files.expiredDigests(clock.epoch())) await removeUnused(digest);
      await files.deleteExpired(clock.epoch() - rememberedMs);
      if (!alone) return;
      for await (const digest of contents.list()) await removeUnused(digest);
    },
  };
}

function refuseQuota({ projectBytes }: FileLimits): FailureError {
  const message = `The files of the project may have ${projectBytes} bytes in all; delete some, or ask for a higher fileQuotaMb.`;
  return new FailureError(toFailure("storage_quota_exceeded", message));
}

function refuseSize({ fileBytes }: FileLimits): FailureError {
  return new FailureError(toFailure("body_too_large", `A file may have at most ${fileBytes} bytes (fileLimitMb).`));
}

function toMetadata(file: StoredFile): FileMetadata {
  return {
    id: file.id,
    type: "file",
    filename: file.filename,
    mime_type: file.mimeType,
    size_bytes: file.sizeBytes,
    downloadable: true,
    created_at: toTimestamp(file.createdAt),
    expires_at: toNullableTimestamp(file.expiresAt),
    scope: file.scopeId === null ? null : { type: "session", id: file.scopeId },
  };
}
