import assert from "node:assert/strict";
import type { ChatTarget } from "./chat.ts";
import { runGantry } from "./run-gantry.ts";

/** Asserts that the product's own proof finds the audit of a server whole. */
export async function verifyAudit({ url, key }: ChatTarget): Promise<void> {
  const env = { GANTRY_URL: url, GANTRY_API_KEY: key, HOME: "/nonexistent" };
  const run = await runGantry("server", ["audit", "verify"], env);
  assert.equal(await run.exited, 0, run.stderr());
  assert.match(run.stdout(), /^The audit is whole: /);
}
