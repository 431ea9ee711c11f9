import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../run-command.ts";
import type { Library } from "./find-libraries.ts";
import { runTool } from "./run-tool.ts";

/**
 * Compiles the libraries to JavaScript with declarations, in one run: they import each other's sources. What
 * `packages/sdk/src/index.ts` is made to lies in `OUTPUT/sdk/src/index.js`.
 */
export async function compileLibraries(libraries: readonly Library[], output: string): Promise<void> {
  const files = libraries.flatMap(({ folder, entries }) =>
    Object.values(entries).map((source) => join(root, folder, source)),
  );
  await mkdir(output, { recursive: true });
  const project = join(output, "tsconfig.json");
  await writeFile(
    project,
    JSON.stringify({
      extends: join(root, "packages", "sdk", "tsconfig.json"),
      compilerOptions: {
        rootDir: join(root, "packages"),
        outDir: output,
        noEmit: false,
        declaration: true,
        rewriteRelativeImportExtensions: true,
        // None of them has sources in its package for a map to lead to.
        sourceMap: false,
      },
      files,
      include: [],
    }),
  );
  await runTool("tsc", ["-p", project]);
}
