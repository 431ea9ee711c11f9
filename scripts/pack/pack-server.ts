import { copyFile, cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildProgram, packedBuild, sentFiles } from "../../bin/launch/build.mjs";
import { root } from "../run-command.ts";
import { bundledPackages } from "./bundled-packages.ts";
import { readManifest } from "./find-libraries.ts";
import { repositoryField } from "./repository-field.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";

/**
 * Lays the server out as it is published, into `FOLDER/gantry`: the launcher as it is, and the program built of all that
 * it needs, in the places that they have in a checkout. Gives the path, and the packages that are built in, as `name@version`.
 */
export async function packServer(folder: string): Promise<{ path: string; bundled: ReadonlySet<string> }> {
  const target = join(folder, "gantry");
  const server = join(target, "packages", "server");
  const { metafile } = await buildProgram(root, join(server, "dist", packedBuild), {
    // Names are kept: a stack in a log is to be read by people.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: false,
    legalComments: "none",
    metafile: true,
  });
  if (metafile === undefined) throw new Error("the build does not tell what it is made of");
  const bundled = await bundledPackages([
    ...Object.keys(metafile.inputs),
    ...sentFiles.map((file) => `node_modules/${file}`),
  ]);
  await cp(join(root, "bin"), join(target, "bin"), { recursive: true });
  await copyFile(join(root, "LICENSE"), join(target, "LICENSE"));
  await copyFile(join(root, "packages", "server", "README.md"), join(target, "README.md"));
  await writeFile(join(target, "THIRD-PARTY-NOTICES.txt"), await thirdPartyNotices(bundled));
  await writeManifests(target, server);
  return { path: target, bundled: new Set(bundled.map(({ name, version }) => `${name}@${version}`)) };
}

async function writeManifests(target: string, server: string): Promise<void> {
  const manifest = await readManifest(".");
  const { name, version } = await readManifest(join("packages", "server"));
  const { description, license, type, bin, engines, optionalDependencies } = manifest;
  const published = {
    name: manifest.name,
    version: manifest.version,
    description,
    license,
    ...repositoryField("."),
    type,
    bin,
    files: ["bin", "packages", "THIRD-PARTY-NOTICES.txt"],
    exports: { "./package.json": "./package.json" },
    engines,
    optionalDependencies,
  };
  await mkdir(server, { recursive: true });
  await writeFile(join(target, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
  // The program reads its version here.
  await writeFile(
    join(server, "package.json"),
    `${JSON.stringify({ name, version, private: true, type }, undefined, 2)}\n`,
  );
}
