import type { Git } from "./create-git.ts";

/** One file of a commit in the making. Undefined `content`: it is removed. */
export interface ImportedFile {
  readonly path: Buffer;
  readonly mode: FileMode;
  readonly content: { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } | undefined;
}

export type FileMode = "100644" | "100755" | "120000";

export interface ImportRequest {
  /** The bare repository. */
  readonly repository: string;
  /** The reference that is made to point at the commit, whatever it pointed at. */
  readonly reference: string;
  /** The commit that it builds on; without one it begins with nothing. */
  readonly parent: string | undefined;
  readonly message: string;
  readonly files: AsyncIterable<ImportedFile>;
}

/**
 * Makes a commit of bytes that we have read: git never looks at the folder they come from. Gives its id. Rejects where a file
 * has not the size that was announced, and leaves the reference as it was.
 */
export async function importCommit(git: Git, request: ImportRequest): Promise<string> {
  const { repository, reference } = request;
  const args = ["--quiet", "--force", "--done", "--date-format=raw"];
  await git.run(["--git-dir", repository, "fast-import", ...args], { input: toStream(request) });
  return (await git.run(["--git-dir", repository, "rev-parse", "--verify", reference])).text.trim();
}

const text = (line: string) => Buffer.from(line);
const newline = text("\n");

async function* toStream({ reference, parent, message, files }: ImportRequest): AsyncGenerator<Uint8Array> {
  yield text(`commit ${reference}\ncommitter Gantry <gantry@localhost> 0 +0000\n`);
  yield text(`data ${Buffer.byteLength(message)}\n${message}\n`);
  // Without a parent, `from` a null id: the reference may be there from before.
  if (parent !== undefined) yield text(`from ${parent}\n`);
  for await (const { path, mode, content } of files) {
    if (content === undefined) {
      yield Buffer.concat([text("D "), quotePath(path), newline]);
      continue;
    }
    yield Buffer.concat([text(`M ${mode} inline `), quotePath(path), text(`\ndata ${content.size}\n`)]);
    let sent = 0;
    for await (const chunk of content.chunks) {
      sent += chunk.length;
      if (sent > content.size) break;
      yield chunk;
    }
    if (sent !== content.size) throw new Error("a file has another size than it had");
    yield newline;
  }
  yield text("done\n");
}

/** As C writes a string: every byte that is no plain letter in octal. */
function quotePath(path: Buffer): Buffer {
  let quoted = '"';
  for (const byte of path) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    quoted += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return text(`${quoted}"`);
}
