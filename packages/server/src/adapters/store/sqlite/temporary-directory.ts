import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A folder that is removed with all in it at the end of a test. */
export async function makeTemporaryDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "gantry-store-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
