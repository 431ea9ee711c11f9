#!/usr/bin/env node
// The entry that any Node from 18 on can run: it sets a source checkout up, finds Node 24 and starts Gantry on it.
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./launch/build.mjs";
import { findNode } from "./launch/find-node.mjs";
import { ensureInstalled } from "./launch/install.mjs";
import { runChild } from "./launch/run-child.mjs";
import { serverFlags } from "./launch/server-flags.mjs";

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));

try {
  // npm never publishes a lockfile: only a source checkout has one, and only there the set-up is ours to do.
  if (existsSync(join(root, "package-lock.json"))) await ensureInstalled(root, "production");
  const main = await ensureBuilt(root);
  // The channel is the server's lifeline: when this process is gone, however it ended, the server sees it close.
  process.exitCode = await runChild(findNode(root), [...serverFlags, main, ...process.argv.slice(2)], {
    channel: true,
  });
} catch (error) {
  console.error(`gantry: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
