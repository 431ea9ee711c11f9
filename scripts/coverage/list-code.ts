import { glob, readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { root } from "../run-command.ts";

/**
 * The sources of the packages, their tests left out, relative to the repository: those with code, and those that hold types
 * alone, of which nothing is left at run time.
 */
export async function listCode(): Promise<{ files: readonly string[]; without: readonly string[] }> {
  const found = { files: [] as string[], without: [] as string[] };
  for await (const path of glob("packages/*/src/**/*.ts", { cwd: root })) {
    const file = path.replaceAll("\\", "/");
    if (/\.test\.ts$|\/test-[^/]*\.ts$/.test(file)) continue;
    const code = stripTypeScriptTypes(await readFile(join(root, file), "utf8"))
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
      .replace(/^\s*import\s+"[^"]+";?/gm, "")
      .trim();
    (/[^\s;{}]/.test(code.replace(/^export \{\s*\};?$/m, "")) ? found.files : found.without).push(file);
  }
  return found;
}
