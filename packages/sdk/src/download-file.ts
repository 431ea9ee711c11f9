import type { CallOptions, Transport } from "./create-transport.ts";

/** A file as it comes. Read one of them, once; or `cancel()`, which closes the connection. */
export interface Download {
  readonly contentType: string;
  /** Bytes, where the server knows it. */
  readonly size: number | undefined;
  readonly stream: ReadableStream<Uint8Array>;
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  cancel(): void;
}

export async function downloadFile(transport: Transport, path: string, options: CallOptions): Promise<Download> {
  const answer = await transport.open({ method: "GET", path }, options);
  const { headers, body } = answer.response;
  const length = headers.get("content-length");
  const read = async (): Promise<Uint8Array> => {
    try {
      return new Uint8Array(await answer.response.arrayBuffer());
    } catch (thrown) {
      throw answer.toError(thrown);
    } finally {
      answer.close();
    }
  };
  return {
    contentType: headers.get("content-type") ?? "application/octet-stream",
    size: length === null ? undefined : Number(length),
    // An empty body may be none at all.
    stream: body ?? new Blob([]).stream(),
    bytes: read,
    text: async () => new TextDecoder().decode(await read()),
    cancel: () => answer.close(),
  };
}
