import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { CapabilityFiles, CapabilityOrigin, FoundFile, FoundFiles } from "../../core/ports/capability-files.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { findPlugins } from "./find-plugins.ts";
import { listFiles } from "./list-files.ts";
import { readBounded } from "./read-bounded.ts";
import { scanDefinitions, type DefinitionFolder } from "./scan-definitions.ts";
import { watchFolders } from "./watch-folders.ts";

export interface CapabilityFileParts {
  /** The owner's configuration of the agent program: `~/.claude`, absolute. Undefined where none is to be read. */
  readonly configDirectory: string | undefined;
  /** Where the agent program keeps what it was told of MCP servers: `~/.claude.json`, absolute. */
  readonly stateFile: string | undefined;
  readonly clock: Clock;
}

/** What no watch has told of is read again after so long. */
const freshMs = 5_000;
const mostStateBytes = 16 * 1_048_576;
const mostInstructionBytes = 262_144;
/** Of one skill that is given to a run. */
const skillBounds = { files: 100, depth: 8 };
const mostSkillBytes = 2 * 1_048_576;

export function createCapabilityFiles(parts: CapabilityFileParts): CapabilityFiles {
  const { clock } = parts;
  let changes = 0;
  const watch = watchFolders(() => {
    changes += 1;
  });
  let last:
    | { readonly found: FoundFiles; readonly key: string; readonly at: number; readonly changes: number }
    | undefined;
  let reading: { readonly key: string; readonly changes: number; readonly work: Promise<FoundFiles> } | undefined;

  async function read(directories: readonly { name: string; path: string }[], key: string): Promise<FoundFiles> {
    const [before, at] = [changes, clock.now()];
    const { found, folders } = await findAll(parts, directories);
    watch.set(folders);
    const isSame = last !== undefined && JSON.stringify(last.found) === JSON.stringify(found);
    last = { found: isSame && last !== undefined ? last.found : found, key, at, changes: before };
    return last.found;
  }

  return {
    async find(directories) {
      const key = JSON.stringify(directories);
      const isFresh = last?.key === key && last.changes === changes && clock.now() - last.at < freshMs;
      if (isFresh && last !== undefined) return last.found;
      // Who asks while it is read gets what is read, unless something has changed since that began.
      if (reading?.key === key && reading.changes === changes) return await reading.work;
      const mine = { key, changes, work: read(directories, key) };
      reading = mine;
      try {
        return await mine.work;
      } finally {
        if (reading === mine) reading = undefined;
      }
    },
    async readFolder(place) {
      const root = await realpath(place).catch(() => undefined);
      if (root === undefined) return undefined;
      const { files, problem } = await listFiles(root, root, skillBounds);
      if (problem !== undefined) return undefined;
      const texts: { path: string; content: string }[] = [];
      let room = mostSkillBytes;
      for (const { path, absolute } of files) {
        const content = await readBounded(absolute, root, mostSkillBytes);
        // Pictures and programs are no texts, and cannot be given.
        if ("problem" in content) continue;
        room -= Buffer.byteLength(content.text);
        if (room < 0) return undefined;
        texts.push({ path, content: content.text });
      }
      return texts;
    },
    stop: watch.stop,
  };
}

async function findAll(
  { configDirectory, stateFile }: CapabilityFileParts,
  directories: readonly { readonly name: string; readonly path: string }[],
): Promise<{ readonly found: FoundFiles; readonly folders: readonly string[] }> {
  const root = configDirectory && (await realpath(configDirectory).catch(() => undefined));
  const plugins = root === undefined ? [] : await findPlugins(root);
  const user: CapabilityOrigin = { kind: "user" };
  const projects = directories.map(({ name, path }) => {
    return { path, origin: { kind: "project", directory: name } as const };
  });
  const owned = plugins.map(({ name, path }) => ({ path, origin: { kind: "plugin", plugin: name } as const }));
  const places: readonly DefinitionFolder[] = [
    ...(root === undefined ? [] : [{ path: root, origin: user }]),
    ...projects.map(({ path, origin }) => ({ path: join(path, ".claude"), origin })),
    ...owned,
  ];
  const [scanned, servers, instructions] = await Promise.all([
    Promise.all(places.map(scanDefinitions)),
    Promise.all([
      ...(stateFile === undefined ? [] : [readServers(stateFile, user, mostStateBytes)]),
      ...[...projects, ...owned].map(({ path, origin }) => readServers(join(path, ".mcp.json"), origin)),
    ]),
    root === undefined ? undefined : readBounded(join(root, "CLAUDE.md"), root, mostInstructionBytes),
  ]);
  return {
    found: {
      files: [...scanned.flatMap(({ files }) => files), ...servers.flat()],
      plugins: plugins.map(({ name, version }) => ({ name, version })),
      instructions: instructions !== undefined && "text" in instructions ? instructions.text : undefined,
    },
    folders: [...new Set([...scanned.flatMap(({ folders }) => folders), ...projects.map(({ path }) => path)])],
  };
}

/** One that is not there is none; what cannot be read is told. */
async function readServers(path: string, origin: CapabilityOrigin, mostBytes = 262_144): Promise<FoundFile[]> {
  const root = await realpath(dirname(path)).catch(() => undefined);
  if (root === undefined) return [];
  const content = await readBounded(join(root, basename(path)), root, mostBytes);
  if ("problem" in content && content.problem.includes("ENOENT")) return [];
  return [{ kind: "servers", name: basename(path), origin, content, place: "" }];
}
