import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describeSystemError, StartError, systemErrorCode } from "./start-error.ts";

export interface AdminKey {
  readonly file: string;
  /** True where this start made the key. */
  readonly created: boolean;
  readonly warnings: readonly string[];
  /** Compares in constant time; any string may be given. */
  isAdminKey(given: string): boolean;
}

const keyShape = /^gk_admin_[A-Za-z0-9_-]{43}$/;

/**
 * Reads the admin key of a data directory; the first start makes both. Starts at the same time end with one key.
 * Throws a {@link StartError} where the directory cannot be used or the file holds no key.
 */
export async function openAdminKey(dataDirectory: string): Promise<AdminKey> {
  const file = join(dataDirectory, "admin.key");
  const created = await atDirectory(dataDirectory, async () => {
    await makeDirectory(dataDirectory);
    return (await exists(file)) ? false : createKeyFile(file);
  });
  const { key, warnings } = await readKeyFile(file);
  const expected = digest(key);
  return {
    file,
    created,
    warnings,
    isAdminKey: (given) => keyShape.test(given) && timingSafeEqual(digest(given), expected),
  };
}

/** Digests have one length whatever was given, so that comparing them tells nothing about the key. */
const digest = (text: string): Buffer => hash("sha256", text, "buffer");

async function atDirectory<Result>(directory: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    const reason = describeSystemError(cause);
    throw new StartError(
      `the data directory ${directory} cannot be used: ${reason}; choose another with --data or GANTRY_DATA`,
      { cause },
    );
  }
}

/**
 * Makes a directory and those it lies in, for their owner alone. Node's own way never comes back from a file system that
 * says "no such file" although the parent is there, as `/proc` and automounts do.
 */
async function makeDirectory(path: string, parentIsThere = false): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || parentIsThere) throw error;
    await makeDirectory(dirname(path));
    await makeDirectory(path, true);
  }
}

/** Writes the whole key under another name and links it: nobody ever reads half a key, and the first one wins. */
async function createKeyFile(file: string): Promise<boolean> {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`gk_admin_${randomBytes(32).toString("base64url")}\n`);
    await handle.sync();
    await link(draft, file);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
}

async function readKeyFile(file: string): Promise<{ key: string; warnings: string[] }> {
  let key: string;
  try {
    key = (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new StartError(`the admin key ${file} cannot be read: ${describeSystemError(cause)}`, { cause });
  }
  if (!keyShape.test(key)) {
    const found = key === "" ? "is empty" : "holds no admin key";
    throw new StartError(`${file} ${found}; remove it, and the next start writes a new key`);
  }
  return { key, warnings: await closeToOthers(file) };
}

async function closeToOthers(file: string): Promise<string[]> {
  if (process.platform === "win32" || ((await stat(file)).mode & 0o077) === 0) return [];
  try {
    await chmod(file, 0o600);
    return [
      `${file} could be read by other users; it is closed to them now. If they may have read it, remove it and start again.`,
    ];
  } catch (cause) {
    return [`${file} can be read by other users, and that cannot be changed: ${describeSystemError(cause)}`];
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
