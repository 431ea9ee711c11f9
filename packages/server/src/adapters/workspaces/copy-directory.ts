import type { Dirent } from "node:fs";
import { mkdir, open, readlink, symlink } from "node:fs/promises";
import { isGitName } from "../../core/workspaces/check-workspace-files.ts";
import { mapSome } from "./map-some.ts";
import { joinBytes, type OpenFolder } from "./open-folder.ts";
import { pointsInside } from "./points-inside.ts";
import { readChunks } from "./read-chunks.ts";
import type { SizeBudget } from "./size-budget.ts";
import { showPath } from "./show-path.ts";
import { walkFolders } from "./walk-folders.ts";

const mostEntries = 500_000;

/**
 * Copies what lies in a directory into a folder that is there and empty. Links are copied where they lead to a place in the
 * directory; `.git`, pipes, sockets and devices are not. `note` is told of what was left out.
 */
export async function copyDirectory(
  source: string,
  target: string,
  budget: SizeBudget,
  note: (sentence: string) => void,
): Promise<void> {
  const top = Buffer.from(target);
  const leave = (path: Buffer, why: string) => note(`${showPath(path).text} was left out: ${why}`);
  const walk = walkFolders(source, {
    enters: (_path, name) => !isGitName(name.toString()),
    onLost: (path, reason) => leave(path, reason === "too_deep" ? "it lies too deep" : "it could not be read"),
    mostEntries,
    onFull: () => budget.refuse(`more than ${mostEntries} files`),
  });
  for await (const { path, folder, entries } of walk) {
    if (path.length > 0) await mkdir(joinBytes(top, path), { recursive: true });
    await mapSome(entries, (entry) => copyEntry(entry, folder, path));
  }

  async function copyEntry(entry: Dirent<Buffer>, folder: OpenFolder, parent: Buffer): Promise<void> {
    const path = joinBytes(parent, entry.name);
    const to = joinBytes(top, path);
    if (isGitName(entry.name.toString())) return leave(path, "it is git's own");
    if (entry.isSymbolicLink()) {
      const link = await readlink(folder.pathOf(entry.name), { encoding: "buffer" }).catch(() => undefined);
      if (link === undefined || !pointsInside(parent, link)) return leave(path, "it is a link out of the directory");
      await symlink(link, to);
      return;
    }
    if (!entry.isFile()) return leave(path, "it is neither a file, a folder nor a link");
    await copyContent(path, folder, entry.name, to);
  }

  async function copyContent(path: Buffer, folder: OpenFolder, name: Buffer, to: Buffer): Promise<void> {
    const from = await folder.openFile(name).catch(() => undefined);
    if (from === undefined) return leave(path, "it could not be read");
    try {
      const stats = await from.stat();
      if (!stats.isFile()) return leave(path, "it is no file");
      budget.take(stats.size);
      const written = await open(to, "wx", (stats.mode & 0o100) === 0 ? 0o644 : 0o755);
      try {
        for await (const chunk of readChunks(from)) await written.appendFile(chunk);
      } finally {
        await written.close();
      }
    } finally {
      await from.close();
    }
  }
}
