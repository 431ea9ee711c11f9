import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { IncomingMessage } from "node:http";

/** What an agent may send in one call: its longest conversations, with images. */
const longestBody = 64 * 1024 * 1024;

/** Reads a request's body. Throws a `FailureError` where it has no end or breaks off. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of request) {
      const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
      length += bytes.length;
      if (length > longestBody) throw new FailureError(toFailure("body_too_large"));
      pieces.push(bytes);
    }
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw new FailureError(toFailure("invalid_request", "The body broke off."), { cause: error });
  }
  return Buffer.concat(pieces);
}
