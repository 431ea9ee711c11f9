import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface SourceMap {
  data: { sources: string[] } | null;
}

interface ProcessCoverage {
  result: { url: string }[];
  "source-map-cache"?: Record<string, SourceMap>;
}

/**
 * Makes of what Node has written of each process what c8 can report. A server runs its build, whose map names its sources by
 * `file:` addresses; c8 holds what it counts and what it leaves out against paths. And each process repeats the whole map: a
 * run of all tests would not fit into memory.
 */
export async function readyForReport(folder: string): Promise<void> {
  const known = new Set<string>();
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const coverage: ProcessCoverage = JSON.parse(await readFile(file, "utf8"));
    const result = coverage.result.filter(({ url }) => /\/packages\/(?!.*\/node_modules\/)/.test(url));
    const maps: Record<string, SourceMap> = {};
    for (const [url, map] of Object.entries(coverage["source-map-cache"] ?? {})) {
      if (known.has(url) || map.data === null) continue;
      known.add(url);
      map.data.sources = map.data.sources.map((source) =>
        source.startsWith("file:") ? fileURLToPath(source) : source,
      );
      maps[url] = map;
    }
    await writeFile(file, JSON.stringify({ result, "source-map-cache": maps }));
  }
}
