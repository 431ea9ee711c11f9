import { execFile } from "node:child_process";
import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

/** Runs the code of docs/typescript-client.md as one program: what it prints, and what its comments say that it prints. */
export async function runPage(environment: Readonly<Record<string, string>>) {
  const page = await readFile(join(root, "docs/typescript-client.md"), "utf8");
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-docs-"));
  const modules = join(folder.path, "node_modules");
  await mkdir(join(modules, "@gantry"), { recursive: true });
  await symlink(join(root, "packages/sdk"), join(modules, "@gantry/sdk"));
  await symlink(join(root, "node_modules/zod"), join(modules, "zod"));
  await writeFile(join(folder.path, "page.ts"), blocks.join("\n"));
  const options = { cwd: folder.path, env: { PATH: process.env["PATH"], ...environment } };
  const { stdout } = await promisify(execFile)(process.execPath, ["page.ts"], options);
  const expected = [...page.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
  return { told: stdout.trim().split("\n"), expected };
}
