import type { FileMetadata } from "@gantry/contracts/files";
import type { CallOptions, Transport } from "./create-transport.ts";
import { downloadFile, type Download } from "./download-file.ts";
import { createManagedLists, type ManagedList, type ManagedPaging } from "./list-managed.ts";

/** Files for tasks and sessions. The key needs the scope `sessions`. */
export interface Files {
  upload(content: Blob | string | Uint8Array<ArrayBuffer>, name: string, options?: CallOptions): Promise<FileMetadata>;
  get(id: string, options?: CallOptions): Promise<FileMetadata>;
  list(paging?: ManagedPaging, options?: CallOptions): Promise<ManagedList<FileMetadata>>;
  all(paging?: ManagedPaging, options?: CallOptions): AsyncGenerator<FileMetadata, void>;
  download(id: string, options?: CallOptions): Promise<Download>;
  delete(id: string, options?: CallOptions): Promise<void>;
}

export function createFiles(transport: Transport): Files {
  const pathOf = (id: string, rest = "") => `/v1/files/${encodeURIComponent(id)}${rest}`;
  return {
    ...createManagedLists<FileMetadata, ManagedPaging>(transport, "/v1/files"),
    upload(content, name, options) {
      const body = new FormData();
      body.set("file", content instanceof Blob ? content : new Blob([content]), name);
      return transport.json({ method: "POST", path: "/v1/files", body, repeat: "keyed" }, options);
    },
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    download: (id, options = {}) => downloadFile(transport, pathOf(id, "/content"), options),
    async delete(id, options) {
      await transport.json({ method: "DELETE", path: pathOf(id) }, options);
    },
  };
}
