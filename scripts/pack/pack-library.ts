import { copyFile, glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "../run-command.ts";
import { repositoryField } from "./repository-field.ts";
import type { Library, Manifest } from "./find-libraries.ts";

/** Lays a compiled library out as it is published, into a folder of `folder`, and gives its path. */
export async function packLibrary({ folder: home, manifest, entries }: Library, compiled: string, folder: string) {
  const target = join(folder, manifest.name.replace(/^@/, "").replace("/", "-"));
  const sources = join(compiled, home.replace(/^packages\//, ""), "src");
  for await (const file of glob("**/*.{js,d.ts}", { cwd: sources })) {
    const text = await readFile(join(sources, file), "utf8");
    const place = join(target, "dist", file);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, file.endsWith(".d.ts") ? toCompiledImports(text) : text);
  }
  await writeFile(
    join(target, "package.json"),
    `${JSON.stringify({ ...toPublished(manifest, entries), ...repositoryField(home) }, undefined, 2)}\n`,
  );
  await copyFile(join(root, home, "README.md"), join(target, "README.md"));
  await copyFile(join(root, "LICENSE"), join(target, "LICENSE"));
  return target;
}

/** The compiler rewrites what the code imports and leaves the declarations as they were written. */
const toCompiledImports = (text: string) => text.replace(/(\bfrom |\bimport\(|\bimport )"(\.[^"]*)\.ts"/g, '$1"$2.js"');

/** What is private in the workspace, and leads to sources there, is published and leads to what was compiled. */
function toPublished(manifest: Manifest, entries: Library["entries"]): Record<string, unknown> {
  const exports = Object.entries(entries).map(([name, source]) => {
    const stem = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
    return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }] as const;
  });
  return {
    ...manifest,
    private: undefined,
    files: ["dist"],
    exports: { ...Object.fromEntries(exports), "./package.json": "./package.json" },
    ...(manifest.dependencies && { dependencies: toRanges(manifest.dependencies) }),
  };
}

/** Who installs a library has others that need the same packages; ours belong together, release by release. */
function toRanges(dependencies: Readonly<Record<string, string>>): Record<string, string> {
  const ranges = Object.entries(dependencies).map(([name, version]) => [
    name,
    /^\d/.test(version) && !name.startsWith("@gantry/") ? `^${version}` : version,
  ]);
  return Object.fromEntries(ranges);
}
