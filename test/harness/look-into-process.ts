import { open, readdir, readFile, readlink, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { readEnvironment } from "../../packages/server/src/adapters/process/process-table.ts";

/** A place where a process has the text. */
export type Finding = string;

const mostOfFile = 16 * 1024 * 1024;
const pageBytes = 4096;
const pieceOfMemory = 4 * 1024 * 1024;

/**
 * Looks for a text in all that can be read of a process from outside: command line, environment, open files, the files of its
 * home as it sees them, and its memory. Names the places. A process that has ended meanwhile has nothing.
 */
export async function findInProcess(pid: number, text: string): Promise<readonly Finding[]> {
  const found = await Promise.all([
    findInFile(`/proc/${pid}/cmdline`, text),
    findInFile(`/proc/${pid}/environ`, text),
    findInOpenFiles(pid, text),
    findInHome(pid, text),
    findInMemory(pid, text),
  ]);
  return found.flat();
}

/** What stands behind a name in the environment of a process. */
export async function readVariable(pid: number, name: string): Promise<string | undefined> {
  const entry = (await readEnvironment(pid)).find((each) => each.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

async function findInFile(path: string, text: string): Promise<Finding[]> {
  const content = await readFile(path).catch(() => Buffer.alloc(0));
  return content.includes(text) ? [path] : [];
}

async function findInOpenFiles(pid: number, text: string): Promise<Finding[]> {
  const folder = `/proc/${pid}/fd`;
  const found: Finding[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const target = await readlink(path).catch(() => "");
    if (target.includes(text)) found.push(`${path} (${target})`);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() === true && facts.size <= mostOfFile) found.push(...(await findInFile(path, text)));
  }
  return found;
}

async function findInHome(pid: number, text: string): Promise<Finding[]> {
  const home = await readVariable(pid, "HOME");
  if (home === undefined) return [];
  const root = `/proc/${pid}/root${home}`;
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((path) => findInFile(path, text)))).flat();
}

/** What a process may write holds what it was told. */
async function findInMemory(pid: number, text: string): Promise<Finding[]> {
  const maps = await readFile(`/proc/${pid}/maps`, "utf8").catch(() => "");
  const memory = await open(`/proc/${pid}/mem`).catch(() => undefined);
  const pages = await open(`/proc/${pid}/pagemap`).catch(() => undefined);
  try {
    if (memory === undefined || pages === undefined) return [];
    for (const [, from = "", to = ""] of maps.matchAll(/^([\da-f]+)-([\da-f]+) rw/gm)) {
      for (const run of await listUsed(pages, Number(`0x${from}`), Number(`0x${to}`))) {
        if (await holds(memory, run, text)) return [`/proc/${pid}/mem`];
      }
    }
    return [];
  } finally {
    await memory?.close();
    await pages?.close();
  }
}

interface Run {
  readonly start: number;
  readonly end: number;
}

/** The parts of a region that were ever written: whole gigabytes are set aside and never used. */
async function listUsed(pages: FileHandle, start: number, end: number): Promise<Run[]> {
  const runs: Run[] = [];
  const { buffer, bytesRead } = await readAt(pages, (start / pageBytes) * 8, ((end - start) / pageBytes) * 8);
  for (let at = 0; at + 8 <= bytesRead; at += 8) {
    // The highest bits: it is in memory, or swapped out.
    if (((buffer[at + 7] ?? 0) & 0xc0) === 0) continue;
    const address = start + (at / 8) * pageBytes;
    const last = runs.at(-1);
    if (last?.end === address) runs[runs.length - 1] = { start: last.start, end: address + pageBytes };
    else runs.push({ start: address, end: address + pageBytes });
  }
  return runs;
}

async function holds(memory: FileHandle, { start, end }: Run, text: string): Promise<boolean> {
  // One piece overlaps the next, so that nothing falls between them.
  const overlap = Buffer.byteLength(text);
  for (let at = start; at < end; at += pieceOfMemory) {
    const { buffer, bytesRead } = await readAt(memory, at, Math.min(pieceOfMemory + overlap, end - at));
    if (buffer.subarray(0, bytesRead).includes(text)) return true;
  }
  return false;
}

/** What was given back meanwhile cannot be read. */
async function readAt(file: FileHandle, position: number, length: number) {
  return await file
    .read(Buffer.alloc(length), 0, length, position)
    .catch(() => ({ buffer: Buffer.alloc(0), bytesRead: 0 }));
}
