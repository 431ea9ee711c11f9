import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { databaseName } from "../../adapters/store/sqlite/open-sqlite-store.ts";
import { draftRestore, toDraftFile } from "../../adapters/store/sqlite/restore-draft.ts";
import type { ClientConfig } from "../client-config.ts";
import { StartError } from "../start-error.ts";
import { ApiError, createApiClient } from "./control/api-client.ts";

const lookEveryMs = 50;
/** A server that drains still tells its health; while it swaps and starts it tells nothing, but hardly for so long. */
const silentMs = 120_000;

/**
 * Has the server that runs on a data directory put a copy in place, and waits until it serves again. Resolves with the file under which
 * the old database stays. Throws a {@link StartError}, or a `StoreError` where the copy cannot be used.
 */
export async function restoreUnderServer(
  file: string,
  directory: string,
  server: ClientConfig,
): Promise<string | undefined> {
  const draft = await draftRestore(file, directory);
  const place = toDraftFile(draft);
  try {
    const { ino } = await stat(place);
    const before = new Set(await readdir(directory));
    await createApiClient(server).send("POST", "/v1/admin/store/restore", { draft: draft.id });
    await untilTaken(place, server.url);
    if ((await stat(join(directory, databaseName))).ino !== ino) {
      throw new StartError("the server did not put the copy in place and goes on as it was; what it printed says why");
    }
    await untilServing(server.url);
    const kept = (await readdir(directory)).find(
      (name) => name.startsWith(`${databaseName}.before-`) && !before.has(name),
    );
    return kept === undefined ? undefined : join(directory, kept);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw new StartError(`the server that has ${directory} cannot be asked: ${cause.message}`, { cause });
  } finally {
    await rm(place, { force: true });
  }
}

/** Resolves when the draft is gone: it has become the database, or was given up. */
async function untilTaken(draft: string, url: string): Promise<void> {
  let heardAt = performance.now();
  while (await isThere(draft)) {
    // The lock of the directory tells nothing here: looking at it could keep the server from taking it.
    if (await isServing(url)) heardAt = performance.now();
    else if (performance.now() - heardAt > silentMs) {
      throw new StartError("the server ended before it put the copy in place; nothing was changed, run it once more");
    }
    await pause(lookEveryMs);
  }
}

async function untilServing(url: string): Promise<void> {
  const giveUp = performance.now() + silentMs;
  while (!(await isServing(url))) {
    if (performance.now() > giveUp) {
      throw new StartError("the copy is in place, but the server did not start again; what it printed says why");
    }
    await pause(lookEveryMs);
  }
}

function isServing(url: string): Promise<boolean> {
  return fetch(`${url}/health`, { signal: AbortSignal.timeout(silentMs) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
