import { join } from "node:path";
import { ensureBuilt } from "../bin/launch/build.mjs";
import { ensureInstalled } from "../bin/launch/install.mjs";
import { ensureBubblewrap } from "./ensure-bubblewrap.ts";
import { root } from "./run-command.ts";

/** Sets up what tests need and a checkout does not bring. Rejects with one sentence that says what to do. */
export async function prepareTests(say: (line: string) => void): Promise<void> {
  // One after the other, so that what they say stays readable.
  await ensureBubblewrap();
  await ensureInstalled(join(root, "test", "claude-2.1.197"), "production", say);
  await ensureBuilt(root, say);
}
