import { existsSync } from "node:fs";
import { createRequire } from "node:module";

/** The releases of the CLI that are tested: the lockfile's, and the oldest one that is served. */
export const claudeVersions = ["2.1.328", "2.1.197"] as const;

export type ClaudeVersion = (typeof claudeVersions)[number];

const installations: Readonly<Record<ClaudeVersion, URL>> = {
  "2.1.328": new URL("../../package.json", import.meta.url),
  "2.1.197": new URL("../claude-2.1.197/package.json", import.meta.url),
};

/** The program of another release, to be tested in the place of the lockfile's. */
const { GANTRY_TEST_CLAUDE: inPlace } = process.env;

/** The path of a release's program. Throws where it is not installed: a test that is skipped in silence proves nothing. */
export function findClaudeVersion(version: ClaudeVersion): string {
  if (version === claudeVersions[0] && inPlace !== undefined) return inPlace;
  const packageName = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
  try {
    const path = createRequire(installations[version]).resolve(`${packageName}/claude`);
    if (existsSync(path)) return path;
  } catch {
    // Told below, with what to do.
  }
  throw new Error(`Claude Code ${version} is not installed; "npm test" installs it (package ${packageName}).`);
}
