import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../run-command.ts";

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Absolute. */
  readonly folder: string;
}

/** The packages that files come from, by name. Paths are relative to the repository, as esbuild lists them. */
export async function bundledPackages(files: readonly string[]): Promise<readonly BundledPackage[]> {
  const folders = new Set(files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]));
  folders.delete(undefined);
  const found = await Promise.all(
    [...folders].map(async (path) => {
      const folder = join(root, path ?? "");
      const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      return { name, version, license: typeof license === "string" ? license : "see the text", folder };
    }),
  );
  return found.toSorted((a, b) => `${a.name} ${a.version}`.localeCompare(`${b.name} ${b.version}`, "en"));
}
