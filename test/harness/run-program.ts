import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { readBlocks } from "./pages.ts";
import type { Gantry } from "./start-gantry.ts";

const root = join(import.meta.dirname, "..", "..");
const places: Readonly<Record<string, string>> = { "@gantry/sdk": "packages/sdk" };

/**
 * Runs the blocks of TypeScript of a page as one program, against a server: what it prints. The packages that it imports are
 * laid beside it; the address that the page names is taken for the server's.
 */
export async function runProgram(
  { url, key }: Pick<Gantry, "url" | "key">,
  page: string,
  packages: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-docs-"));
  for (const name of packages) {
    const link = join(folder.path, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, places[name] ?? join("node_modules", name)), link);
  }
  const blocks = readBlocks(page, "ts");
  assert.ok(blocks.length > 0, `${page} has no program.`);
  const program = blocks.map(({ code }) => code).join("\n");
  // The page's address is the usual one; a test's server has a port of its own.
  await writeFile(join(folder.path, "page.ts"), program.replaceAll("http://127.0.0.1:8006", url));
  await writeFile(join(folder.path, "package.json"), `{"type":"module"}`);
  const options = {
    cwd: folder.path,
    env: { PATH: process.env["PATH"], HOME: folder.path, GANTRY_URL: url, GANTRY_API_KEY: key, ...env },
    timeout: 240_000,
  };
  const { stdout } = await promisify(execFile)(process.execPath, ["page.ts"], options).catch(
    (error: Error & { stdout: string; stderr: string }) => assert.fail(`${page}: ${error.message}\n${error.stdout}`),
  );
  return stdout;
}
