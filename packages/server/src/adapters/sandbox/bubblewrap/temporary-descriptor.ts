import { randomUUID } from "node:crypto";
import { close, open, write } from "node:fs";
import { mkdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const openFile = promisify(open);
const closeFile = promisify(close);
const writeFile = promisify(write);

/**
 * An open descriptor that reads as `content`, of a file without a name: it is removed before the content is written, so
 * nothing stays on disk however the server ends. The caller closes it.
 */
export async function openTemporaryDescriptor(directory: string, namePrefix: string, content: string): Promise<number> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${namePrefix}${randomUUID()}`);
  const fd = await openFile(path, "wx+", 0o600);
  try {
    await unlink(path);
    await writeAll(fd, Buffer.from(content));
    return fd;
  } catch (error) {
    await closeFile(fd);
    throw error;
  }
}

/** Writes at positions of its own, which leaves the descriptor at the beginning for whoever reads it. */
async function writeAll(fd: number, content: Buffer): Promise<void> {
  let written = 0;
  while (written < content.length) {
    const { bytesWritten } = await writeFile(fd, content, written, content.length - written, written);
    written += bytesWritten;
  }
}

export async function closeDescriptors(fds: readonly number[]): Promise<void> {
  for (const fd of fds) await closeFile(fd);
}
