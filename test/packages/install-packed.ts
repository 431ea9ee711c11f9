import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findLibraries, readManifest } from "../../scripts/pack/find-libraries.ts";
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
 * repository has installed: the libraries' dependencies packed up again, the agent program and Node as links to their folders.
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
  const given: Record<string, string> = {};
  for (const name of await listDependencies()) {
    const told = await runTool("npm", ["pack", installed(name), "--ignore-scripts"], { cwd: others, env });
    given[name] = `file:${join(others, told.trim().split("\n").at(-1) ?? "")}`;
  }
  const tarballs = await listTarballs(release);
  const programs = await listPrograms();
  // One version of each is there, whichever its users ask for.
  const overrides = Object.fromEntries(Object.keys(given).map((name) => [name, `$${name}`]));
  const manifest = { name: "app", private: true, type: "module", dependencies: given, overrides };
  await writeFile(join(app, "package.json"), JSON.stringify(manifest));
  await runTool("npm", ["install", "--ignore-scripts", "--no-audit", ...tarballs, ...programs.map(installed)], {
    cwd: app,
    env,
  });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  return { release, tarballs, app, env, remove };
}

interface Needs {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What the libraries need of others, and what those need in turn. */
async function listDependencies(): Promise<readonly string[]> {
  const found = new Set<string>();
  const add = async ({ dependencies = {}, peerDependencies = {} }: Needs): Promise<void> => {
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (name.startsWith("@gantry/") || found.has(name)) continue;
      found.add(name);
      await add(JSON.parse(await readFile(join(repository, "node_modules", name, "package.json"), "utf8")) as Needs);
    }
  };
  for (const { manifest } of await findLibraries()) await add(manifest as Needs);
  return [...found];
}

/** The optional dependencies that are here for this machine: the agent program, and a Node for machines whose own is older. */
async function listPrograms(): Promise<readonly string[]> {
  const { optionalDependencies } = (await readManifest("")) as { optionalDependencies?: Record<string, string> };
  return Object.keys(optionalDependencies ?? {}).filter((name) => existsSync(join(repository, "node_modules", name)));
}

const listTarballs = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith(".tgz")).map((name) => join(folder, name));
