import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ensureBuilt } from "../../bin/launch/build.mjs";
import { serverFlags } from "../../bin/launch/server-flags.mjs";
import { findClaudeVersion } from "./claude-versions.ts";
import { readBlocks } from "./pages.ts";
import type { Gantry } from "./start-gantry.ts";

const root = join(import.meta.dirname, "..", "..");

/**
 * Runs the commands of a page as its reader would paste them, one after the other in one shell, with an empty home, against
 * a server: what they print. `gantry` is this repository's, `claude` the tested release. The first command that fails ends
 * them, and the failure names its line of the page. `from`: the first blocks, of this number, are left to another.
 */
export async function runCommands(
  { url, key }: Pick<Gantry, "url" | "key">,
  page: string,
  env: Readonly<Record<string, string>> = {},
  from = 0,
): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-docs-"));
  const programs = join(folder.path, "bin");
  const home = join(folder.path, "home");
  const file = join(folder.path, "page.sh");
  await Promise.all([programs, home].map((path) => mkdir(path)));
  // A program, not a function: others may start it too. It is what the launcher starts, without a look at the packages each time.
  const gantry = `#!/bin/sh\nexec "${process.execPath}" ${serverFlags.join(" ")} "${await ensureBuilt(root)}" "$@"\n`;
  await writeFile(join(programs, "gantry"), gantry, { mode: 0o755 });
  await writeFile(file, toScript(page, url, from));
  const path = [
    programs,
    dirname(process.execPath),
    dirname(findClaudeVersion("2.1.328")),
    "/usr/local/bin:/usr/bin:/bin",
  ];
  const options = {
    cwd: home,
    env: {
      PATH: path.join(":"),
      HOME: home,
      GANTRY_URL: url,
      GANTRY_API_KEY: key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      // How long the CLI waits for an MCP server to start, on a machine that is busy.
      MCP_TIMEOUT: "120000",
      ...env,
    },
    timeout: 500_000,
    maxBuffer: 16 * 1024 * 1024,
  };
  const { stdout } = await promisify(execFile)("bash", [file], options).catch(
    (error: Error & { readonly stdout: string }) => assert.fail(`${page}: ${error.message}\n${error.stdout}`),
  );
  return stdout;
}

/** Each command stands in the line in which it stands on the page, so that what bash says of lines is true of the page. */
function toScript(page: string, url: string, from: number): string {
  const first = [
    // No `pipefail`: a reader that has seen enough of a stream leaves it.
    "set -eu",
    `trap 'echo "${page}:$LINENO failed" >&2' ERR`,
    // A refusal of the server must show as a failed command.
    `curl() { command curl --fail-with-body "$@"; }`,
    // It waits for what may come on its input.
    `claude() { command claude "$@" < /dev/null; }`,
  ];
  const lines = [first.join("; ")];
  const blocks = readBlocks(page, "sh").slice(from);
  assert.ok(blocks.length > 0, `${page} has no commands to run.`);
  for (const { line, code } of blocks) {
    while (lines.length < line) lines.push("");
    // The page's address is the usual one; a test's server has a port of its own.
    lines.push(...code.replaceAll("http://127.0.0.1:8006", url).trimEnd().split("\n"));
  }
  return `${lines.join("\n")}\n`;
}
