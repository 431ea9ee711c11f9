import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const server = join("packages", "server");
/** What is laid into few files: the program, and the threads it starts. Each goes by its name, whatever its folder. */
const entries = {
  main: join(server, "src", "app", "main.ts"),
  worker: join(server, "src", "adapters", "store", "sqlite", "worker.ts"),
  "schema-thread": join(server, "src", "adapters", "schemas", "schema-thread.ts"),
};
/** Read as text at run time, and put into a sandbox as they are. */
const copied = [join(server, "src", "adapters", "sandbox", "bubblewrap", "proxy-bridge.mjs")];
/** Files of packages that are sent as they are: the page of the API's document. */
export const sentFiles = ["swagger-ui-bundle.js", "swagger-ui.css"].map((name) => `@fastify/swagger-ui/static/${name}`);
const buildsKept = 3;
/** The folder of the build that a package brings along. */
export const packedBuild = "packed";

/**
 * Makes sure that the server's program is built from the sources as they are, and gives its path. Two thousand modules,
 * packages included, take Node over two seconds to find, to strip and to load, one by one; as a few files, a fraction.
 * Costs a look at the date of each source where the build is there. May be called by many processes at once.
 * @param {string} root the repository
 * @param {(line: string) => void} [say] takes progress in plain words
 * @returns {Promise<string>}
 */
export async function ensureBuilt(root, say = (line) => console.error(`gantry: ${line}`)) {
  // As deep as the folders of the sources, whose modules find their package by relative paths.
  const builds = join(root, server, "dist");
  // A package brings no sources, and the build that was made of them.
  if (!existsSync(join(root, server, "src"))) return join(builds, packedBuild, "main.js");
  const folder = join(builds, keyOf(root));
  const program = join(folder, "main.js");
  if (existsSync(program)) return program;
  say("building the program from its sources (once after each change; a few seconds)");
  const scratch = join(builds, `.new-${process.pid}-${Date.now()}`);
  try {
    await buildProgram(root, scratch);
    // Whoever was faster has built the same.
    await rename(scratch, folder).catch((error) => {
      if (!existsSync(program)) throw error;
    });
  } catch (error) {
    throw new Error(`the program cannot be built: ${error.message}`, { cause: error });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await removeOldBuilds(builds);
  return program;
}

/**
 * Builds the program into a folder, whatever is there.
 * @param {string} root the repository
 * @param {string} folder two folders below `packages/server`, or what stands for it in a package
 * @param {import("esbuild").BuildOptions} [options] what differs from the build of a checkout
 * @returns {Promise<import("esbuild").BuildResult>}
 */
export async function buildProgram(root, folder, options = {}) {
  await mkdir(folder, { recursive: true });
  const { build: bundle } = await import("esbuild");
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node24",
    sourcemap: true,
    sourcesContent: false,
    logLevel: "error",
    // Packages of the older kind ask for Node's own modules by `require`.
    banner: {
      js: 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);',
    },
    // Loaded by `pg` where they are there, which they are not.
    external: ["pg-native"],
    ...options,
  });
  for (const file of copied) await copyFile(join(root, file), join(folder, file.split(/[\\/]/).at(-1)));
  const { resolve } = createRequire(join(root, server, "package.json"));
  for (const file of sentFiles) await copyFile(resolve(file), join(folder, file.split("/").at(-1)));
  return result;
}

/** Differs where a source or a package does. */
function keyOf(root) {
  const hash = createHash("sha256");
  const look = (file) => {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  };
  // Only a source checkout has one; a package that npm installed does not change.
  if (existsSync(join(root, "package-lock.json"))) look("package-lock.json");
  look(join("bin", "launch", "build.mjs"));
  for (const folder of [join("packages", "contracts", "src"), join("packages", "sdk", "src"), join(server, "src")]) {
    for (const name of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (/\.m?ts$|\.mjs$/.test(name) && !name.endsWith(".test.ts")) look(join(folder, name));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** A server of an older build may still run; it has loaded what it needs. */
async function removeOldBuilds(builds) {
  const dated = readdirSync(builds)
    .filter((name) => !name.startsWith("."))
    .map((name) => ({ name, date: statSync(join(builds, name)).mtimeMs }))
    .sort((a, b) => b.date - a.date);
  for (const { name } of dated.slice(buildsKept)) await rm(join(builds, name), { recursive: true, force: true });
}
