import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Gantry } from "./start-gantry.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Runs the commands of a page of the documentation, in their order, against a server: what they print. */
export async function runPage({ url, key }: Pick<Gantry, "url" | "key">, name: string): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-docs-"));
  const page = await readFile(join(root, "docs", name), "utf8");
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  assert.ok(blocks.length > 0);
  const script = [
    // No `pipefail`: a reader that has seen enough of a stream leaves it.
    "set -eu",
    `gantry() { node "${root}bin/gantry.mjs" "$@"; }`,
    // A refusal of the server must show as a failed command.
    `curl() { command curl --fail-with-body "$@"; }`,
    ...blocks,
  ].join("\n");
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder.path,
    GANTRY_URL: url,
    GANTRY_API_KEY: key,
  };
  const options = { cwd: folder.path, env, timeout: 240_000 };
  const { stdout } = await promisify(execFile)("bash", ["-c", script], options).catch((error) =>
    assert.fail(`${error.message}\n${error.stdout}`),
  );
  return stdout;
}
