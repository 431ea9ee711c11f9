import { readFile, realpath } from "node:fs/promises";
import { runStatement } from "../../test/harness/start-postgres.ts";

/** What stands behind "durable" on this machine. */
export interface StorageFacts {
  /** Kind of the file system under the folder for temporary files, such as `ext4`. */
  readonly fileSystem: string;
  /** The settings of PostgreSQL that decide whether a commit waits for the disk. */
  readonly postgres: {
    readonly version: string;
    readonly fsync: string;
    readonly synchronousCommit: string;
    readonly walSyncMethod: string;
    /** It was started for this run, with its data on the same file system. */
    readonly isLocal: boolean;
  };
}

/** File systems without a disk below: their figures say nothing of a durable commit. */
const inMemory = new Set(["tmpfs", "ramfs"]);

export async function readStorageFacts(folder: string, database: string, isLocal: boolean): Promise<StorageFacts> {
  const show = async (setting: string): Promise<string> => {
    const [row] = await runStatement(database, `show ${setting}`);
    return String(row?.[setting]);
  };
  return {
    fileSystem: await readFileSystem(folder),
    postgres: {
      version: await show("server_version"),
      fsync: await show("fsync"),
      synchronousCommit: await show("synchronous_commit"),
      walSyncMethod: await show("wal_sync_method"),
      isLocal,
    },
  };
}

/** As a paragraph, with a warning where nothing is durable. */
export function describeStorage({ fileSystem, postgres }: StorageFacts): string {
  const { version, fsync, synchronousCommit, walSyncMethod, isLocal } = postgres;
  const where = isLocal ? "on the same file system" : "named by its URL, on a disk of its own";
  const server = `PostgreSQL ${version} ${where}: fsync ${fsync}, synchronous_commit ${synchronousCommit}, ${walSyncMethod}.`;
  const warning =
    inMemory.has(fileSystem) || fsync !== "on" || synchronousCommit !== "on"
      ? " **Not every commit of this run waited for a disk, so that its figures say nothing of durable ones.**"
      : "";
  return `SQLite on ${fileSystem}, WAL, \`synchronous=FULL\`. ${server}${warning}`;
}

async function readFileSystem(folder: string): Promise<string> {
  const path = await realpath(folder);
  const mounts = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, point = ""]) => point === "/" || path === point || path.startsWith(`${point}/`));
  // Of several on one point the last one lies on top.
  const nearest = mounts.toSorted(([, left = ""], [, right = ""]) => left.length - right.length).at(-1);
  return nearest?.[2] ?? "an unknown file system";
}
