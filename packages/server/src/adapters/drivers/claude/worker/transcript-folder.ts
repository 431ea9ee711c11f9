import { constants } from "node:fs";
import { lstat, mkdir, mkdtemp, open, opendir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Under the configuration of the CLI: its transcripts, in one folder for each working directory. */
export const projectsFolder = ".claude/projects";

/** A conversation of some hundred thousand tokens is a few megabytes. */
const maxTranscriptBytes = 256 * 1024 * 1024;
/** With what the CLI keeps beside them: subagents' transcripts, long results of tools. */
const maxFolderBytes = 2 * maxTranscriptBytes;
const maxFolderEntries = 5_000;

/** A host folder in which one process writes its transcripts, so that they outlive its home. */
export interface TranscriptFolder {
  readonly directory: string;
  /** The transcript of a session; undefined where there is none that can be read. */
  read(sessionId: string): Promise<string | undefined>;
  /** Whether there is more in it than a program writes that means well. */
  isOverfull(): Promise<boolean>;
  /** May be called twice. */
  remove(): Promise<void>;
}

/** The names begin so that a later start of the server knows whose the folder was. */
export async function openTranscriptFolder(baseDirectory: string, namePrefix: string): Promise<TranscriptFolder> {
  await mkdir(baseDirectory, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(baseDirectory, namePrefix));
  return {
    directory,
    async read(sessionId) {
      for (const project of await readdir(directory).catch(() => [])) {
        const content = await readWithoutLinks(directory, project, `${sessionId}.jsonl`).catch(() => undefined);
        if (content !== undefined) return content;
      }
      return undefined;
    },
    isOverfull: () => isOverfull(directory),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/**
 * The program's tools may write here too, and could lay a link to a file that the server may read and they may not: neither the folder nor the file is followed where it is a link, and only a
 * plain file is read.
 */
async function readWithoutLinks(directory: string, project: string, name: string): Promise<string | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;
  const folder = await open(join(directory, project), O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
  try {
    // The folder that was opened, whatever its name means by now; where the system has no such path, by its name.
    const inFolder = process.platform === "linux" ? `/proc/self/fd/${folder.fd}` : join(directory, project);
    const file = await open(join(inFolder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const { size, nlink } = await file.stat();
      const isPlain = (await file.stat()).isFile() && nlink === 1;
      return isPlain && size <= maxTranscriptBytes ? await file.readFile("utf8") : undefined;
    } finally {
      await file.close();
    }
  } finally {
    await folder.close();
  }
}

async function isOverfull(directory: string): Promise<boolean> {
  let [bytes, entries] = [0, 0];
  for await (const entry of await opendir(directory, { recursive: true })) {
    entries += 1;
    if (entries > maxFolderEntries) return true;
    const stat = entry.isFile() ? await lstat(join(entry.parentPath, entry.name)).catch(() => undefined) : undefined;
    // What it really takes: a file may claim to be larger than it is.
    bytes += (stat?.blocks ?? 0) * 512;
    if (bytes > maxFolderBytes) return true;
  }
  return false;
}
