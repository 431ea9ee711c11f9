import { constants } from "node:fs";
import { chmod, copyFile, link, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How the program behaves as a whole; single turns go wrong by `[[fault:NAME]]` in their prompt, see the program. */
export type FaultMode = "serve" | "exit" | "silent" | "refuse" | "garbage" | "no-models" | "mute" | "hold";

/** The program in the CLI's place, laid out in a folder of its own, as behind walls it sees nothing else. */
export interface FaultProgram {
  /** For `GANTRY_CLAUDE_BIN`. */
  readonly path: string;
  /** Holds for processes that start from now on. */
  become(mode: FaultMode): Promise<void>;
  remove(): Promise<void>;
}

const source = join(import.meta.dirname, "..", "fixtures", "programs", "fault-cli.mjs");
/** Starts the program on the Node beside it: the machine's own may be too old, or lie where the walls hide it. */
const launcher = '#!/bin/sh\nexec "${0%/*}/node" "${0%/*}/fault-cli.mjs" "$@"\n';

export async function layOutFaultProgram(mode: FaultMode = "serve"): Promise<FaultProgram> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-fault-"));
  // As programs are installed: behind the walls it runs as a user of its own.
  await chmod(folder, 0o755);
  const path = join(folder, "claude");
  const become = (next: FaultMode): Promise<void> => writeFile(join(folder, "mode"), next);
  await Promise.all([
    copyFile(source, join(folder, "fault-cli.mjs")),
    linkOrCopy(process.execPath, join(folder, "node")),
    writeFile(path, launcher, { mode: 0o755 }),
    become(mode),
  ]);
  return { path, become, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A link costs nothing, but cannot lead to another file system. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
}
