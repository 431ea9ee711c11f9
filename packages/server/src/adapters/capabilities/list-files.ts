import { type Dirent } from "node:fs";
import { opendir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { codeOf } from "./read-bounded.ts";

export interface ListedFile {
  /** From the folder on, with `/`. */
  readonly path: string;
  readonly absolute: string;
}

export interface Listing {
  readonly files: readonly ListedFile[];
  /** Every folder that was looked into. */
  readonly folders: readonly string[];
  /** Why there is more than is listed. */
  readonly problem: string | undefined;
}

export interface ListingBounds {
  readonly files: number;
  readonly depth: number;
}

/**
 * Lists the files below a folder, by name. A link to a folder is followed within `root`, whose links are resolved, and each folder is looked
 * into once, so that links in a ring end. A folder that is not there is an empty one.
 */
export async function listFiles(folder: string, root: string, bounds: ListingBounds): Promise<Listing> {
  const files: ListedFile[] = [];
  const folders = new Set<string>();
  let problem: string | undefined;
  /** Entries of any kind: a folder with a million others must not be read to its end. */
  let room = bounds.files * 4;

  async function look(directory: string, prefix: string, depth: number): Promise<void> {
    const real = await realpath(directory);
    if (real !== root && !real.startsWith(root + sep)) return;
    if (folders.has(real)) return;
    folders.add(real);
    for (const entry of await readEntries(real)) {
      const path = prefix + entry.name;
      const absolute = join(real, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(absolute)))) {
        if (depth >= bounds.depth) problem ??= `folders lie deeper than ${bounds.depth}`;
        else await look(absolute, `${path}/`, depth + 1).catch(note);
      } else if (files.length < bounds.files) files.push({ path, absolute });
      else problem ??= `there are more than ${bounds.files} files`;
    }
  }

  async function readEntries(directory: string): Promise<readonly Dirent[]> {
    const entries: Dirent[] = [];
    for await (const entry of await opendir(directory)) {
      if (room <= 0) {
        problem ??= `there are more than ${bounds.files} files`;
        break;
      }
      room -= 1;
      if (entry.name !== ".git" && entry.name !== "node_modules") entries.push(entry);
    }
    return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  function note(error: unknown): void {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") problem ??= `a folder cannot be read (${code})`;
  }

  await look(folder, "", 1).catch(note);
  return { files, folders: [...folders], problem };
}

/** Of a link: whether it leads to a folder that is there. */
async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
