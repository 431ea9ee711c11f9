// Runs a TypeScript script of the repository: `node scripts/run.mjs SCRIPT.ts ARGS`, on any Node from 18 on.
// Like `bin/gantry.mjs`, but with the development dependencies.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "../bin/launch/find-node.mjs";
import { ensureInstalled } from "../bin/launch/install.mjs";
import { runChild } from "../bin/launch/run-child.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);

try {
  if (script === undefined) throw new Error("name the script to run");
  await ensureInstalled(root, "all");
  process.exitCode = await runChild(findNode(root), [resolve(script), ...args], { channel: false });
} catch (error) {
  console.error(`gantry: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
