// `npm run pack`: makes the packages that are published, each as a folder, as a tarball and with the list of what it is
// made of. They lie in `release/`, or in the folder that is named.
import { mkdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { compileLibraries } from "./pack/compile-libraries.ts";
import { findLibraries } from "./pack/find-libraries.ts";
import { packLibrary } from "./pack/pack-library.ts";
import { packServer } from "./pack/pack-server.ts";
import { runTool } from "./pack/run-tool.ts";
import { writeSbom } from "./pack/write-sbom.ts";
import { root } from "./run-command.ts";

const folder = resolve(process.argv[2] ?? join(root, "release"));
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const libraries = await findLibraries();
const compiled = join(folder, ".compiled");
const [server] = await Promise.all([packServer(folder), compileLibraries(libraries, compiled)]);
const packages = [server.path];
// The workspaces that the server depends on are built in, too.
const isInside = (reference: string): boolean => reference.startsWith("@gantry/") || server.bundled.has(reference);
await writeSbom(join("packages", "server"), server.path, folder, isInside);
for (const library of libraries) {
  const path = await packLibrary(library, compiled, folder);
  await writeSbom(library.folder, path, folder);
  packages.push(path);
}
await rm(compiled, { recursive: true });

for (const made of packages) {
  const listed = await runTool("npm", ["pack", made, "--pack-destination", folder, "--json", "--ignore-scripts"]);
  const { filename, size, unpackedSize, entryCount } = readPacked(listed);
  const [packed, unpacked] = [size, unpackedSize].map((bytes) => `${(bytes / 1000).toFixed(0)} kB`);
  console.log(`${join(basename(folder), filename)}: ${packed}, unpacked ${unpacked} in ${entryCount} files`);
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly entryCount: number;
}

/** npm lists one package, in an array or, in newer releases, under its name. */
function readPacked(output: string): Packed {
  const [packed] = Object.values<Packed>(JSON.parse(output));
  if (packed === undefined) throw new Error(`npm packed nothing: ${output}`);
  return packed;
}
