import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool } from "../../scripts/pack/run-tool.ts";

const repository = join(import.meta.dirname, "..", "..");

/** Packages as they are published, and a folder of somebody's own that has them installed. */
export interface InstalledPackages {
  /** Where the packages lie, as folders and as tarballs. */
  readonly release: string;
  readonly tarballs: readonly string[];
  /** Somebody's own folder: a package.json and `node_modules`. */
  readonly app: string;
  /** All that programs get: PATH without the repository's tools, and a home that was empty before npm ran. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * Packs all packages and installs the tarballs with npm, without a network. What npm would fetch is given from what the
 * repository has installed: the libraries' dependencies packed up again, the agent program as a link to its folder.
 */
export async function installPacked(): Promise<InstalledPackages> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-packed-"));
  const [release, others, app, home] = ["release", "others", "app", "home"].map((name) => join(folder, name));
  if (!release || !others || !app || !home) throw new Error("no folders");
  for (const each of [others, app, home]) await mkdir(each);
  const path = (process.env["PATH"] ?? "").split(":").filter((entry) => !entry.startsWith(repository));
  const env = { PATH: path.join(":"), HOME: home, npm_config_offline: "true" };
  await runTool(process.execPath, [join(repository, "scripts", "pack.ts"), release], { env });
  const installed = (name: string): string => join(repository, "node_modules", name);
  for (const name of ["zod", "eventsource-parser"]) {
    await runTool("npm", ["pack", installed(name), "--ignore-scripts"], { cwd: others, env });
  }
  const tarballs = await listTarballs(release);
  const claude = installed(`@anthropic-ai/claude-code-${process.platform}-${process.arch}`);
  await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const packages = [...tarballs, ...(await listTarballs(others)), claude];
  await runTool("npm", ["install", "--ignore-scripts", "--no-audit", ...packages], { cwd: app, env });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  return { release, tarballs, app, env, remove };
}

const listTarballs = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith(".tgz")).map((name) => join(folder, name));
