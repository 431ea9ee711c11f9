import { FailureError, toFailure } from "@gantry/contracts/errors";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../core/ports/clock.ts";
import type { FileContents } from "../../core/ports/file-contents.ts";

const longestReceiveMs = 24 * 3_600_000;
const digestForm = /^[0-9a-f]{64}$/;

/**
 * Contents in a folder: each in a file named after its digest, in a folder of its first two characters. What is being received lies
 * in `incoming`, from which the start removes what a crash left behind.
 */
export async function createFileContents(folder: string, clock: Pick<Clock, "epoch">): Promise<FileContents> {
  const incoming = join(folder, "incoming");
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  await removeLeftovers(incoming, clock.epoch() - longestReceiveMs);
  const folderOf = (digest: string): string => join(folder, digest.slice(0, 2));
  const pathOf = (digest: string): string => join(folderOf(digest), digest);

  return {
    async receive(source, limitBytes) {
      const path = join(incoming, randomUUID());
      try {
        const { digest, sizeBytes } = await write(path, source, limitBytes);
        return {
          digest,
          sizeBytes,
          async keep() {
            await mkdir(folderOf(digest), { recursive: true, mode: 0o700 });
            await rename(path, pathOf(digest));
            await syncFolder(folderOf(digest));
          },
          discard: () => rm(path, { force: true }),
        };
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    async open(digest) {
      if (!digestForm.test(digest)) return undefined;
      const found = await stat(pathOf(digest)).catch(() => undefined);
      return found?.isFile() === true ? createReadStream(pathOf(digest)) : undefined;
    },
    remove: (digest) => (digestForm.test(digest) ? rm(pathOf(digest), { force: true }) : Promise.resolve()),
    async *list() {
      for (const name of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(name)) continue;
        yield* (await readdir(join(folder, name))).filter((digest) => digestForm.test(digest));
      }
    },
  };
}

/** Another server may share the folder, and be receiving now. */
async function removeLeftovers(incoming: string, before: number): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < before) await rm(path, { force: true });
  }
}

/** On the disk when it resolves. */
async function write(path: string, source: AsyncIterable<Uint8Array>, limitBytes: number) {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const file = await open(path, "wx", 0o600);
  try {
    for await (const piece of source) {
      sizeBytes += piece.length;
      if (sizeBytes > limitBytes) throw new FailureError(toFailure("body_too_large"));
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest("hex"), sizeBytes };
}

/** A renamed file is there after a crash only where its folder is on the disk too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
