import { realpath } from "node:fs/promises";
import { join, posix } from "node:path";
import type { CapabilityOrigin, FoundFile } from "../../core/ports/capability-files.ts";
import { listFiles, type ListedFile, type Listing } from "./list-files.ts";
import { readBounded } from "./read-bounded.ts";

/** One folder with `agents`, `skills` and `commands` in it. */
export interface DefinitionFolder {
  readonly path: string;
  readonly origin: CapabilityOrigin;
}

export interface ScannedFolder {
  readonly files: readonly FoundFile[];
  /** To be watched. */
  readonly folders: readonly string[];
}

/** Of one kind, in one folder. */
const bounds = { files: 1000, depth: 6 };
const mostBytes = 262_144;
const readAtOnce = 16;

const kinds = [
  { folder: "agents", kind: "agent", nameOf: toStem },
  { folder: "skills", kind: "skill", nameOf: toSkill },
  { folder: "commands", kind: "command", nameOf: toNestedName },
] as const;

/** Reads all definitions of a folder. Never rejects: what is wrong is told among them. */
export async function scanDefinitions({ path, origin }: DefinitionFolder): Promise<ScannedFolder> {
  const root = await realpath(path).catch(() => undefined);
  if (root === undefined) return { files: [], folders: [] };
  const scanned = await Promise.all(
    kinds.map(async ({ folder, kind, nameOf }) => {
      const listing = await listFiles(join(root, folder), root, bounds);
      const named = listing.files.flatMap((file) => {
        const name = nameOf(file.path);
        return name === undefined ? [] : [{ ...file, name }];
      });
      const files = await readAll(kind === "skill" ? dropDoubles(named) : named, root, kind, origin);
      return { files: [...files, ...toProblems(listing, { kind, name: folder, origin })], folders: listing.folders };
    }),
  );
  return {
    files: scanned.flatMap(({ files }) => files),
    folders: [root, ...scanned.flatMap(({ folders }) => folders)],
  };
}

async function readAll(
  named: readonly (ListedFile & { readonly name: string })[],
  root: string,
  kind: (typeof kinds)[number]["kind"],
  origin: CapabilityOrigin,
): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  for (let at = 0; at < named.length; at += readAtOnce) {
    const some = named.slice(at, at + readAtOnce).map(async ({ name, absolute }): Promise<FoundFile> => {
      const isLegacy = absolute.endsWith("/skill.json");
      return {
        kind: isLegacy ? "legacy_skill" : kind,
        name: origin.kind === "plugin" ? `${origin.plugin}:${name}` : name,
        origin,
        content: await readBounded(absolute, root, mostBytes),
        place: posix.dirname(absolute),
      };
    });
    files.push(...(await Promise.all(some)));
  }
  return files;
}

function toProblems({ problem }: Listing, file: Pick<FoundFile, "kind" | "name" | "origin">): FoundFile[] {
  return problem === undefined ? [] : [{ ...file, content: { problem }, place: "" }];
}

function toStem(path: string): string | undefined {
  return path.endsWith(".md") ? posix.basename(path, ".md") : undefined;
}

/** A skill is a folder; what lies deeper is part of it. */
function toSkill(path: string): string | undefined {
  const [folder, file, ...deeper] = path.split("/");
  return deeper.length === 0 && (file === "SKILL.md" || file === "skill.json") ? folder : undefined;
}

/** `git/commit.md` is called `git:commit`. */
function toNestedName(path: string): string | undefined {
  return path.endsWith(".md") ? path.slice(0, -".md".length).replaceAll("/", ":") : undefined;
}

/** The page goes before the older format. */
function dropDoubles<File extends { readonly name: string; readonly path: string }>(files: readonly File[]): File[] {
  const paged = new Set(files.flatMap(({ name, path }) => (path.endsWith(".md") ? [name] : [])));
  return files.filter(({ name, path }) => path.endsWith(".md") || !paged.has(name));
}
