import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../run-command.ts";
import { readManifest } from "./find-libraries.ts";
import { runTool } from "./run-tool.ts";

interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly scope?: string;
  readonly purl: string;
}

interface Sbom {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * Writes what a published package is made of, as CycloneDX, into `folder`: what npm says of the workspace, told of the package
 * that is made of it. `isInside` says of a package, as `name@version`, whether it is in the tarball; without it, all are
 * what npm installs beside it.
 */
export async function writeSbom(
  workspace: string,
  published: string,
  folder: string,
  isInside?: (reference: string) => boolean,
): Promise<void> {
  const own = await readManifest(workspace);
  const {
    name,
    version,
    license,
    optionalDependencies = {},
  } = JSON.parse(await readFile(join(published, "package.json"), "utf8"));
  const args = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--workspace", own.name];
  const told: Sbom = JSON.parse(await runTool("npm", args));
  const reference = `${name}@${version}`;
  const component = {
    "bom-ref": reference,
    type: "library",
    name,
    version,
    purl: toPurl(name, version),
    licenses: [{ license: { id: license } }],
  };
  const optional = await listOptional(optionalDependencies);
  // npm puts the workspace below the repository's own package; here it is the subject itself.
  const ownReference = `${own.name}@${own.version}`;
  const components = told.components
    .filter((each) => each["bom-ref"] !== ownReference)
    // What npm knows of and the build left out can do nothing; what is built in is there, optional or not.
    .map((each) =>
      isInside === undefined ? each : { ...each, scope: isInside(each["bom-ref"]) ? "required" : "excluded" },
    );
  const [itself] = told.dependencies.filter(({ ref }) => ref === ownReference);
  const others = told.dependencies.filter(
    ({ ref }) => ref !== ownReference && components.some((each) => each["bom-ref"] === ref),
  );
  const dependsOn = [...(itself?.dependsOn ?? []), ...optional.map((each) => each["bom-ref"])];
  const sbom = {
    ...told,
    metadata: { ...told.metadata, component },
    components: [...components, ...optional],
    dependencies: [
      { ref: reference, dependsOn },
      ...others,
      ...optional.map((each) => ({ ref: each["bom-ref"], dependsOn: [] })),
    ],
  };
  await writeFile(
    `${join(folder, published.split(/[\\/]/).at(-1) ?? name)}-${version}.cdx.json`,
    `${JSON.stringify(sbom, undefined, 2)}\n`,
  );
}

/** The agent program and Node: npm installs what fits the machine, by what the lockfile says. */
async function listOptional(dependencies: Readonly<Record<string, string>>): Promise<Component[]> {
  const { packages } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  return Object.entries(dependencies).map(([name, version]) => {
    const integrity: unknown = packages[`node_modules/${name}`]?.integrity;
    const content =
      typeof integrity === "string" ? Buffer.from(integrity.replace(/^sha512-/, ""), "base64") : undefined;
    return {
      "bom-ref": `${name}@${version}`,
      type: "library",
      name,
      version,
      scope: "optional",
      purl: toPurl(name, version),
      ...(content && { hashes: [{ alg: "SHA-512", content: content.toString("hex") }] }),
    };
  });
}

const toPurl = (name: string, version: string): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;
