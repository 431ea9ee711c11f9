// The rules of the repository that no tool checks.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { test } from "node:test";
import { errorCatalogue } from "@gantry/contracts/errors";
import { configurationPage } from "../scripts/configuration-page.ts";
import { observabilityPage } from "../scripts/observability-page.ts";

const root = dirname(import.meta.dirname);
const server = "packages/server/src";
const longestFile = 250;

interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

function listFiles(folder: string): string[] {
  const skipped = new Set([".git", ".gantry", "node_modules", "coverage", "dist", "release"]);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : entry.isFile() ? [path] : [];
  });
}

const files: readonly SourceFile[] = listFiles(root).map((path) => ({
  path: relative(root, path).replaceAll("\\", "/"),
  text: readFileSync(path, "utf8"),
}));
const code = files.filter(({ path }) => /\.(ts|mjs)$/.test(path));
/** The server's own code: what its tests use may come from anywhere. */
const shipped = code.filter(({ path }) => path.startsWith("packages/") && !/(\.test|\/test-[a-z-]+)\.ts$/.test(path));

interface Import {
  readonly from: string;
  /** Relative to the repository where it is a file of ours, else the specifier as written. */
  readonly to: string;
  readonly typeOnly: boolean;
}

function importsOf({ path, text }: SourceFile): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(statement)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? "";
    const to = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
    return { from: path, to, typeOnly: match[1] !== undefined };
  });
}

const imports = shipped.flatMap(importsOf);
const describe = ({ from, to }: Import) => `${from} imports ${to}`;
const within = (folder: string) => imports.filter(({ from }) => from.startsWith(folder));
const pathsOf = (found: readonly SourceFile[]) => found.map(({ path }) => path);

test("the rules see the code they are about", () => {
  assert.ok(within(`${server}/core/`).length > 0 && within(`${server}/adapters/`).length > 0);
  assert.ok(
    imports.some(({ to }) => to === "node:child_process") && imports.some(({ to }) => to.startsWith("@gantry/")),
  );
});

test("contracts import each other and the schema library, nothing else", () => {
  const bad = within("packages/contracts/").filter(({ to }) => !to.startsWith("packages/contracts/") && to !== "zod");
  assert.deepEqual(bad.map(describe), []);
});

test("the client imports contracts, itself and the parser of event streams: nothing of the server and nothing of Node", () => {
  const own = (to: string) => to.startsWith("packages/sdk/src/") || to.startsWith("@gantry/contracts/");
  const bad = within("packages/sdk/").filter(({ to, typeOnly }) => {
    return !own(to) && to !== "eventsource-parser" && !(typeOnly && to === "zod");
  });
  assert.deepEqual(bad.map(describe), []);
  // What brings the schema library along would be in every bundle.
  const values = within("packages/sdk/").filter(({ to, typeOnly }) => to.startsWith("@gantry/") && !typeOnly);
  assert.deepEqual([...new Set(values.map(({ to }) => to))], ["@gantry/contracts/errors"]);
});

test("of the server only the commands for people use the client", () => {
  const users = within(`${server}/`).filter(({ to }) => to === "@gantry/sdk");
  assert.ok(users.length > 0);
  assert.deepEqual(users.filter(({ from }) => !from.startsWith(`${server}/app/cli/people/`)).map(describe), []);
});

test("core imports core and contracts, and of all else types at most", () => {
  const own = (to: string) => to.startsWith(`${server}/core/`) || to.startsWith("@gantry/contracts/");
  const bad = within(`${server}/core/`).filter(({ to, typeOnly }) => !own(to) && !(typeOnly && to.startsWith("node:")));
  assert.deepEqual(bad.map(describe), []);
});

test("an adapter imports core, contracts and itself, never a sibling", () => {
  const bad = within(`${server}/adapters/`).filter(({ from, to }) => {
    if (!to.startsWith("packages/")) return to.startsWith("@gantry/") && !to.startsWith("@gantry/contracts/");
    if (to.startsWith(`${server}/core/`)) return false;
    // A family such as `sandbox` or `wire` may hold files that its kinds share, beside their folders.
    return !to.startsWith(`${adapterOf(from)}/`) && !(posix.dirname(to) === familyOf(from) && isFamily(familyOf(from)));
  });
  assert.deepEqual(bad.map(describe), []);
});

const familyOf = (path: string) => path.split("/").slice(0, 5).join("/");
const isFamily = (folder: string) => /\/(wire|drivers|models|sandbox)$/.test(folder);
/** The adapter's folder: `process`, but `wire/openai-chat`; a file of the family itself belongs to the family. */
function adapterOf(path: string): string {
  const family = familyOf(path);
  const inside = path.split("/").length > 6;
  return isFamily(family) && inside ? path.split("/").slice(0, 6).join("/") : family;
}

test("only the process adapter starts programs", () => {
  const bad = imports.filter(
    ({ from, to }) => /^(node:)?(child_process|cluster)$/.test(to) && !from.startsWith(`${server}/adapters/process/`),
  );
  assert.deepEqual(bad.map(describe), []);
});

test("only config.ts reads the environment", () => {
  const readers = shipped.filter(({ text }) =>
    /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/.test(text),
  );
  assert.deepEqual(pathsOf(readers), [`${server}/app/config.ts`]);
});

test(`no file of code is longer than ${longestFile} lines`, () => {
  const written = files.filter(({ path }) => /\.(ts|mjs|py)$/.test(path));
  assert.deepEqual(pathsOf(written.filter(({ text }) => text.split("\n").length > longestFile + 1)), []);
});

test("no check is switched off, in a file or in the configuration", () => {
  const off = /@ts-(?:ignore|nocheck|expect-error)|(?:oxlint|eslint)-disable|oxfmt-ignore/;
  assert.deepEqual(pathsOf(code.filter(({ path, text }) => off.test(text) && path !== "test/rules.test.ts")), []);
  const { rules } = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8"));
  const needed = [
    "typescript/no-explicit-any",
    "typescript/no-non-null-assertion",
    "typescript/ban-ts-comment",
    "import/no-cycle",
    "no-console",
  ];
  assert.deepEqual(
    needed.map((name) => rules[name]),
    needed.map(() => "error"),
  );
});

test("no test is left out", () => {
  const leftOut = /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b|\b(?:skip|only|todo):\s*(?:true\b|["'`])/;
  assert.deepEqual(
    pathsOf(
      code.filter(({ path, text }) => path.endsWith(".test.ts") && leftOut.test(text) && path !== "test/rules.test.ts"),
    ),
    [],
  );
});

test("docs/errors.md has a row for each error of the catalogue, and no other", () => {
  const page = readFileSync(join(root, "docs/errors.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (yes|no) \|/gm)].map(
    ([, code, status, retry]) => `${code} ${status} ${retry}`,
  );
  const catalogue = Object.entries(errorCatalogue).map(
    ([code, { status, retryable }]) => `${code} ${status} ${retryable ? "yes" : "no"}`,
  );
  assert.deepEqual(rows.toSorted(), catalogue.toSorted());
});

test("docs/configuration.md is what the table of settings makes", () => {
  assert.equal(readFileSync(join(root, "docs/configuration.md"), "utf8"), configurationPage());
});

test("docs/observability.md is what the table of instruments makes", () => {
  assert.equal(readFileSync(join(root, "docs/observability.md"), "utf8"), observabilityPage());
});

test("no file names a machine's own folders or a host that packages come from", () => {
  // Put together here, so that this file does not name them either.
  const folders = ["work", "root"].map((name) => `/${name}/`);
  const hosts = ["registry." + "npmjs.org", "registry." + "yarnpkg.com", "unpkg" + ".com", "jsdelivr" + ".net"];
  const found = files.flatMap(({ path, text }) =>
    [...folders, ...hosts].filter((word) => text.includes(word)).map((word) => `${path}: ${word}`),
  );
  assert.deepEqual(found, []);
});

const lockfiles = files.filter(({ path }) => posix.basename(path) === "package-lock.json");

test("lockfiles hold no addresses", () => {
  assert.equal(lockfiles.length, 2);
  assert.deepEqual(pathsOf(lockfiles.filter(({ text }) => /"resolved": "(?!packages\/)/.test(text))), []);
});

test("lockfiles have an entry for every optional package, or a fresh install would have to ask for it", () => {
  const missing = lockfiles.flatMap(({ path, text }) => {
    const packages: Record<string, { optionalDependencies?: Record<string, string> }> = JSON.parse(text).packages;
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    return wanted.filter((name) => !(`node_modules/${name}` in packages)).map((name) => `${path}: ${name}`);
  });
  assert.deepEqual(missing, []);
});
