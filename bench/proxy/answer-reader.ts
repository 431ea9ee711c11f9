/** What is told of an answer as it comes. */
export interface AnswerListener {
  onHead(status: number): void;
  /** A piece of the body, without the framing of the connection. */
  onBody(piece: Buffer): void;
  onEnd(): void;
}

const lineEnd = "\r\n";
const nothing: Buffer = Buffer.alloc(0);

/**
 * Reads the answers of one HTTP/1.1 connection, one after the other, at the least cost: of the heads it knows the status,
 * the length and whether the body comes in chunks. Throws at anything that it cannot read.
 */
export function createAnswerReader(listener: AnswerListener): { push(bytes: Buffer): void } {
  let state: "head" | "body" | "size" | "gap" | "trailer" = "head";
  let isChunked = false;
  /** Bytes of the body, or of its chunk, that are still to come. */
  let left = 0;
  let held = nothing;

  function finish(): void {
    state = "head";
    listener.onEnd();
  }

  function readHead(bytes: Buffer): number {
    const end = bytes.indexOf("\r\n\r\n");
    if (end === -1) return 0;
    const head = bytes.toString("latin1", 0, end);
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
    if (status === undefined) throw new Error(`Expected an answer, got ${JSON.stringify(head.slice(0, 100))}.`);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    isChunked = /\r\ntransfer-encoding: chunked/i.test(head);
    if (!isChunked && length === undefined) throw new Error("An answer has no length.");
    listener.onHead(Number(status));
    left = Number(length ?? 0);
    state = isChunked ? "size" : "body";
    if (!isChunked && left === 0) finish();
    return end + 4;
  }

  function readBody(bytes: Buffer): number {
    const piece = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= piece.length;
    listener.onBody(piece);
    if (left === 0) {
      if (isChunked) state = "gap";
      else finish();
    }
    return piece.length;
  }

  function readSize(bytes: Buffer): number {
    const end = bytes.indexOf(lineEnd);
    if (end === -1) return 0;
    left = Number.parseInt(bytes.toString("latin1", 0, end), 16);
    if (Number.isNaN(left)) throw new Error("A chunk has no size.");
    state = left === 0 ? "trailer" : "body";
    return end + lineEnd.length;
  }

  function readGap(bytes: Buffer): number {
    if (bytes.length < lineEnd.length) return 0;
    if (state === "trailer") finish();
    else state = "size";
    return lineEnd.length;
  }

  const steps = { head: readHead, body: readBody, size: readSize, gap: readGap, trailer: readGap };
  return {
    push(bytes) {
      let rest = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      held = nothing;
      while (rest.length > 0) {
        const used = steps[state](rest);
        if (used === 0) {
          held = rest;
          return;
        }
        rest = rest.subarray(used);
      }
    },
  };
}
