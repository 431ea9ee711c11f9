import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createProgramRunner } from "../../packages/server/src/adapters/process/program-runner.ts";
import { readClaudeVersion } from "../../packages/server/src/app/find-claude.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { claudeVersions, findClaudeVersion } from "../../test/harness/claude-versions.ts";
import { startUpstream } from "../upstream/start-upstream.ts";
import type { Arena, InstalledClaude } from "./contestant.ts";

/** An arena that takes itself down at the end of its block. */
export interface OpenArena extends Arena, AsyncDisposable {}

/** Finds the CLI by release or path, starts the upstream and makes a folder. Rejects where the CLI does not answer. */
export async function openArena(wanted: string): Promise<OpenArena> {
  const claude = await findInstalled(wanted);
  const upstream = await startUpstream();
  const folder = await mkdtemp(join(tmpdir(), "gantry-bench-"));
  return {
    upstream,
    claude,
    folder,
    async [Symbol.asyncDispose]() {
      await upstream.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

async function findInstalled(wanted: string): Promise<InstalledClaude> {
  const release = claudeVersions.find((version) => version === wanted);
  const path = release === undefined ? resolve(wanted) : findClaudeVersion(release);
  const found = await readClaudeVersion(path, { PATH: process.env["PATH"] ?? "" }, createProgramRunner(systemClock));
  if ("problem" in found) throw new Error(found.problem);
  return { path, version: found.version };
}
