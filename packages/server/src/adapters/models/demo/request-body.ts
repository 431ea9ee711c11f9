import type { IncomingMessage } from "node:http";

/** As the vendor's own bound, with some room. */
export const maxBodyBytes = 64 * 1_024 * 1_024;

/**
 * Reads a request's body. `too-large` comes only once the rest was read and thrown away, so that a client which writes first and
 * reads later sees the answer; beyond twice the bound the rest is not waited for. `gone`: the client left in between.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer | "too-large" | "gone"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (bytes > 2 * maxBodyBytes) break;
    }
  } catch {
    return "gone";
  }
  return bytes > maxBodyBytes ? "too-large" : Buffer.concat(chunks, bytes);
}
