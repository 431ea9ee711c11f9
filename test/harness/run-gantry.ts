import { join } from "node:path";
import { ensureBuilt } from "../../bin/launch/build.mjs";
import { serverFlags } from "../../bin/launch/server-flags.mjs";
import { watchProgram, type WatchedProgram } from "./watch-program.ts";

/** The command line as its user types it: the launcher, or the server itself as the launcher starts it. */
export type EntryPoint = "launcher" | "server";

const repository = join(import.meta.dirname, "..", "..");
const launcher = join(repository, "bin", "gantry.mjs");

/** Runs the command line. The environment is exactly what is given. */
export async function runGantry(
  entry: EntryPoint,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<WatchedProgram> {
  const program = entry === "server" ? [...serverFlags, await ensureBuilt(repository)] : [launcher];
  return watchProgram(process.execPath, [...program, ...args], { env });
}
