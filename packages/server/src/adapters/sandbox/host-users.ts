import { hash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { HostUser, HostUsers } from "../../core/ports/host-users.ts";

/** Numbers from `first` to `last`, both included. */
export interface UserRange {
  readonly first: number;
  readonly last: number;
}

export interface HostUsersOptions {
  /** Remembers who has which number; made at the first need, for the server alone. */
  readonly tableFile: string;
  readonly range: UserRange;
  /** Numbers that the machine has given to somebody already. */
  readonly taken: ReadonlySet<number>;
}

/**
 * Gives each owner a user of its own out of a range that nobody else uses. Two servers of one machine may have the same
 * range: each begins at a place drawn from the name of its table and the owner's, so that they rarely meet. Rejects where the table is there
 * and cannot be read.
 */
export async function openHostUsers({ tableFile, range, taken }: HostUsersOptions): Promise<HostUsers> {
  const size = range.last - range.first + 1;
  const isUsable = (uid: number): boolean => uid >= range.first && uid <= range.last && !taken.has(uid);
  // An owner whose number is not to be used any more gets another.
  const owners = new Map((await readTable(tableFile)).filter(([, uid]) => isUsable(uid)));
  const used = new Set(owners.values());
  let saved: Promise<void> = Promise.resolve();
  let lastLent = placeOf("");

  function placeOf(owner: string): number {
    return range.first + (Number.parseInt(hash("sha256", `${tableFile}\0${owner}`).slice(0, 12), 16) % size);
  }

  function take(from: number): number {
    for (let step = 0; step < size; step += 1) {
      const uid = range.first + ((from - range.first + step) % size);
      if (!isUsable(uid) || used.has(uid)) continue;
      used.add(uid);
      return uid;
    }
    throw new Error(`All users from ${range.first} to ${range.last} are taken; the setting sandboxUsers can widen it.`);
  }

  return {
    async userOf(owner) {
      let uid = owners.get(owner);
      if (uid === undefined) {
        uid = take(placeOf(owner));
        owners.set(owner, uid);
        saved = saved.catch(() => undefined).then(() => writeTable(tableFile, owners));
      }
      // Written before it is used: what an owner's programs leave on disk must not fall to another after a restart.
      await saved;
      return toUser(uid);
    },
    lend() {
      lastLent = take(lastLent + 1);
      const uid = lastLent;
      let isLent = true;
      const giveBack = (): void => {
        // A second time it may be somebody else's already.
        if (isLent) used.delete(uid);
        isLent = false;
      };
      return { ...toUser(uid), giveBack };
    },
  };
}

function toUser(uid: number): HostUser {
  return { uid, gid: uid };
}

async function readTable(file: string): Promise<readonly [owner: string, uid: number][]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null) throw new TypeError(`Expected an object in ${file}.`);
  return Object.entries(parsed).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]));
}

async function writeTable(file: string, owners: ReadonlyMap<string, number>): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, `${JSON.stringify(Object.fromEntries(owners), null, 1)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
