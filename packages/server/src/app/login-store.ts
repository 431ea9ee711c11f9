import { watchFile, unwatchFile } from "node:fs";
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Log } from "../core/ports/log.ts";

/** The CLI's login, laid out for Gantry's CLI processes alone. */
export interface LoginStore {
  /** The folder that holds the login and nothing else of the owner's. */
  readonly directory: string;
  /** Whether a login was there when it was opened. */
  readonly hasLogin: boolean;
  /** Brings the last change over and stops watching. May be called twice. */
  stop(): Promise<void>;
}

const fileName = ".credentials.json";
const lookEveryMs = 2_000;

/**
 * Keeps a copy of the owner's login in a folder of its own, in step both ways: a token that a CLI process refreshes goes
 * back to the owner's file, since the vendor takes each refresh token once, and a login the owner renews goes to the
 * processes. The fresher token wins. The processes share the folder and with it the CLI's own lock on refreshes.
 * Rejects with the system's error where the owner's file cannot be read.
 */
export async function openLoginStore(ownerDirectory: string, directory: string, log: Log): Promise<LoginStore> {
  const ownerFile = join(ownerDirectory, fileName);
  const storeFile = join(directory, fileName);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);

  let work: Promise<void> = Promise.resolve();
  const sync = (): Promise<void> => {
    work = work
      .then(() => bringInStep(ownerFile, storeFile))
      .catch((error: unknown) => log.error({ err: error }, "the login could not be brought in step"));
    return work;
  };
  await bringInStep(ownerFile, storeFile);
  const hasLogin = (await readLogin(storeFile)) !== undefined;
  const files = [ownerFile, storeFile];
  for (const file of files) watchFile(file, { interval: lookEveryMs, persistent: false }, sync);
  return {
    directory,
    hasLogin,
    async stop() {
      for (const file of files) unwatchFile(file, sync);
      await sync();
    },
  };
}

async function bringInStep(ownerFile: string, storeFile: string): Promise<void> {
  const [owner, store] = await Promise.all([readLogin(ownerFile), readLogin(storeFile)]);
  // A login that the owner has ended must not live on in a copy.
  if (owner === undefined) return await rm(storeFile, { force: true });
  if (store === undefined || (owner.text !== store.text && owner.expiresAt >= store.expiresAt)) {
    return await replace(storeFile, owner.text);
  }
  if (owner.text !== store.text) await replace(ownerFile, store.text);
}

interface Login {
  readonly text: string;
  /** Epoch milliseconds; 0 where the file does not tell. */
  readonly expiresAt: number;
}

/** A missing file is no login; one that is being written, or is not JSON, is left for the next look. */
async function readLogin(file: string): Promise<Login | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const login = JSON.parse(text) as { claudeAiOauth?: { expiresAt?: unknown } } | null;
  const expiresAt = login?.claudeAiOauth?.expiresAt;
  return { text, expiresAt: typeof expiresAt === "number" ? expiresAt : 0 };
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.gantry`;
  await writeFile(temporary, text, { mode: 0o600 });
  // As root the file would be root's: it belongs to whom the folder was given.
  const { uid, gid } = await stat(dirname(file));
  if (process.getuid?.() === 0) await chown(temporary, uid, gid);
  await rename(temporary, file);
}
