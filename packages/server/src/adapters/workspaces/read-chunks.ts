import type { FileHandle } from "node:fs/promises";

const chunkBytes = 256 * 1024;

/** The content of an open file from its beginning, closing it at the end or when nobody wants more. */
export async function* readChunks(handle: FileHandle): AsyncGenerator<Buffer> {
  try {
    for (let position = 0; ;) {
      // A new one each time: whoever was given the last one may not have used it yet.
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
