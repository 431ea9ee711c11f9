import { fileMetadata } from "@gantry/contracts/files";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import type { FileService } from "../../../core/files/file-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { idField } from "../admin/query-fields.ts";
import { listField, pageFields } from "./managed-query-fields.ts";
import { managedList, toManagedList, toManagedPageRequest } from "./managed-list.ts";

export const fileOperations = {
  listFiles: {
    method: "GET",
    path: "/v1/files",
    summary:
      "List files, newest first: all, those that a session made (`scope_id`), or those of up to 100 ids, which come in one page.",
    access: "sessions",
    query: z.strictObject({ ...pageFields, ids: listField(idField, 100), scope_id: idField.optional() }),
    answer: managedList(fileMetadata),
  },
  getFile: {
    method: "GET",
    path: "/v1/files/:id",
    summary: "Show what is known of a file.",
    access: "sessions",
    answer: fileMetadata,
  },
  deleteFile: {
    method: "DELETE",
    path: "/v1/files/:id",
    summary: "Delete a file. Sessions that have a copy keep it.",
    access: "sessions",
    answer: z.strictObject({ id: z.string(), type: z.literal("file_deleted") }),
  },
} as const satisfies Record<string, Operation>;

export function createFileHandlers(files: FileService): Handlers<typeof fileOperations> {
  return {
    async listFiles({ principal, query }) {
      const { ids, scope_id: scopeId } = query;
      if (ids === undefined) {
        const page = { ...toManagedPageRequest(query), ...(scopeId !== undefined && { scopeId }) };
        return toManagedList(await files.list(principal, page));
      }
      if (query.page !== undefined || scopeId !== undefined) {
        const message = "ids: expected neither `page` nor `scope_id` beside it";
        throw new FailureError(toFailure("invalid_request", message, { param: "ids" }));
      }
      return { data: await files.listByIds(principal, ids), next_page: null };
    },
    getFile: ({ principal, params }) => files.get(principal, params.id),
    async deleteFile(call) {
      const { id } = call.params;
      await files.delete(call, id);
      return { id, type: "file_deleted" as const };
    },
  };
}
