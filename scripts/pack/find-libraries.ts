import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../run-command.ts";

/** What a package.json of ours says, as far as packing asks for it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A package that others import. */
export interface Library {
  /** Relative to the repository, such as `packages/sdk`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** What can be imported, and its source relative to the package: `.` and `./src/index.ts`. */
  readonly entries: Readonly<Record<string, string>>;
}

export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
}

/** Finds the workspaces that have something to import: those with `exports`. */
export async function findLibraries(): Promise<readonly Library[]> {
  const { workspaces } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { workspaces: string[] };
  const found: Library[] = [];
  for (const folder of workspaces) {
    const manifest = await readManifest(folder);
    if (manifest.exports === undefined) continue;
    found.push({ folder, manifest, entries: await listEntries(folder, manifest.exports) });
  }
  return found;
}

/** A `*` becomes one entry a file, so that nothing else of the package can be reached. */
async function listEntries(folder: string, exports: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for (const [name, source] of Object.entries(exports)) {
    if (!name.includes("*")) entries[name] = source;
    else {
      const [before = "", behind = ""] = source.split("*");
      const files: string[] = [];
      for await (const path of glob(source, { cwd: join(root, folder) })) files.push(path);
      for (const file of files.map((path) => `./${path.replace(/^\.\//, "")}`).toSorted()) {
        if (file.endsWith(".test.ts")) continue;
        entries[name.replace("*", file.slice(before.length, file.length - behind.length))] = file;
      }
    }
  }
  return entries;
}
