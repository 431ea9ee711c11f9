import { readlink } from "node:fs/promises";
import type { ImportedFile } from "./import-commit.ts";
import { joinBytes } from "./open-folder.ts";
import { readChunks } from "./read-chunks.ts";
import { walkFolders } from "./walk-folders.ts";

/** Everything in a tree that nobody else has yet, to be made a commit of; only of the given paths, where there are any. */
export async function* importTree(tree: string, only?: ReadonlySet<string>): AsyncGenerator<ImportedFile> {
  const walk = walkFolders(tree, {
    enters: (path, name) => path.length > 0 || name.toString() !== ".git",
    onLost: failOn,
    mostEntries: Infinity,
    onFull: failOn,
  });
  for await (const { path: parent, folder, entries } of walk) {
    for (const { name } of entries.toSorted((one, other) => Buffer.compare(one.name, other.name))) {
      const path = joinBytes(parent, name);
      if (only !== undefined && !only.has(path.toString())) continue;
      const file = await folder.openFile(name).catch(() => undefined);
      if (file === undefined) {
        const target = await readlink(folder.pathOf(name), { encoding: "buffer" });
        yield { path, mode: "120000", content: { size: target.length, chunks: toAsync(target) } };
        continue;
      }
      const stats = await file.stat();
      if (!stats.isFile()) {
        await file.close();
        continue;
      }
      const mode = (stats.mode & 0o100) === 0 ? "100644" : "100755";
      yield { path, mode, content: { size: stats.size, chunks: readChunks(file) } };
    }
  }
}

async function* toAsync(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function failOn(): never {
  throw new Error("a tree in the making cannot be read");
}
