import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { sep } from "node:path";

const decoder = new TextDecoder("utf-8", { fatal: true });

export type ReadText = { readonly text: string } | { readonly problem: string };

/**
 * Reads a text that lies in a folder, `root`, whose links are resolved. A link is followed within it and never out of it; what is no plain
 * file is not waited for. The problem names no path. Never rejects.
 */
export async function readBounded(path: string, root: string, mostBytes: number): Promise<ReadText> {
  try {
    const real = await realpath(path);
    if (!real.startsWith(root + sep)) return { problem: "it is a link that leads out of its folder" };
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = await file.stat();
      if (!facts.isFile()) return { problem: "expected a file, got something else" };
      if (facts.size > mostBytes) return { problem: `it has ${facts.size} bytes; at most ${mostBytes} are read` };
      const bytes = Buffer.alloc(facts.size + 1);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      if (bytesRead > facts.size) return { problem: "it is being written" };
      return { text: decoder.decode(bytes.subarray(0, bytesRead)) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TypeError) return { problem: "it is not valid UTF-8" };
    return { problem: `it cannot be read (${codeOf(error)})` };
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
