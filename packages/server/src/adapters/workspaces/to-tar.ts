/** An entry of an archive; a link has no content. */
export interface TarEntry {
  readonly path: Buffer;
  readonly executable: boolean;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  readonly content:
    | { readonly kind: "file"; readonly size: number; readonly chunks: AsyncIterable<Uint8Array> }
    | { readonly kind: "symlink"; readonly target: Buffer };
}

const block = 512;
const shortest = 100;

/** A tar in GNU's form, which takes names of any bytes and any length. Everything in it belongs to nobody. */
export async function* toTar(entries: AsyncIterable<TarEntry>): AsyncGenerator<Buffer> {
  for await (const { path, executable, modifiedAt, content } of entries) {
    const isLink = content.kind === "symlink";
    const target = isLink ? content.target : Buffer.alloc(0);
    if (path.length > shortest) yield* longName("L", path);
    if (target.length > shortest) yield* longName("K", target);
    const size = isLink ? 0 : content.size;
    const mode = isLink ? 0o777 : executable ? 0o755 : 0o644;
    yield toHeader({ path, target, mode, size, modifiedAt, type: isLink ? "2" : "0" });
    if (isLink) continue;
    let sent = 0;
    for await (const chunk of content.chunks) {
      sent += chunk.length;
      yield Buffer.from(chunk);
    }
    if (sent !== size) throw new Error("a kept file has another size than it had");
    yield padding(size);
  }
  yield Buffer.alloc(2 * block);
}

function* longName(type: "L" | "K", name: Buffer): Generator<Buffer> {
  const size = name.length + 1;
  const header = {
    path: Buffer.from("././@LongLink"),
    target: Buffer.alloc(0),
    mode: 0o644,
    size,
    modifiedAt: 0,
    type,
  };
  yield toHeader(header);
  yield Buffer.concat([name, Buffer.alloc(1), padding(size)]);
}

interface Header {
  readonly path: Buffer;
  readonly target: Buffer;
  readonly mode: number;
  readonly size: number;
  readonly modifiedAt: number;
  readonly type: string;
}

function toHeader({ path, target, mode, size, modifiedAt, type }: Header): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  path.copy(header, 0, 0, shortest);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(modifiedAt, 136, 12);
  header.write("        ", 148, "latin1");
  header.write(type, 156, "latin1");
  target.copy(header, 157, 0, shortest);
  header.write("ustar  \0", 257, "latin1");
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

function padding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}
