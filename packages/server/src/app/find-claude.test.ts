import assert from "node:assert/strict";
import { chmod, mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { createProgramRunner } from "../adapters/process/program-runner.ts";
import { systemClock } from "../core/ports/clock.ts";
import { type ClaudeSearch, findClaude, readClaudeVersion } from "./find-claude.ts";

const nowhere: ClaudeSearch = {
  setting: undefined,
  path: "",
  platform: "linux",
  arch: "x64",
  packageFolder: () => undefined,
};

async function writeProgram(path: string, script = "exit 0"): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test("the setting goes before the package, the package before PATH", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-find-"));
  const [setting, installed, inPath] = await Promise.all(
    ["set/my claude", "package/claude", "path/claude"].map((name) => writeProgram(join(folder.path, name))),
  );
  const packageFolder = (name: string) =>
    name === "@anthropic-ai/claude-code-linux-x64" ? join(folder.path, "package") : undefined;
  const path = `/nonexistent::${join(folder.path, "path")}`;
  assert.deepEqual(findClaude({ ...nowhere, setting, packageFolder, path }), { path: setting, source: "setting" });
  assert.deepEqual(findClaude({ ...nowhere, packageFolder, path }), { path: installed, source: "package" });
  assert.deepEqual(findClaude({ ...nowhere, arch: "arm64", packageFolder, path }), { path: inPath, source: "PATH" });
});

test("the package for the other C library serves where the usual one is missing", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-find-"));
  const program = await writeProgram(join(folder.path, "claude"));
  const packageFolder = (name: string) => (name.endsWith("-linux-x64-musl") ? folder.path : undefined);
  assert.deepEqual(findClaude({ ...nowhere, packageFolder }), { path: program, source: "package" });
});

test("a setting that names no program is a problem, whatever else there is", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-find-"));
  const plain = join(folder.path, "plain");
  await writeFile(plain, "");
  for (const setting of [plain, folder.path, join(folder.path, "none"), "a\0b"]) {
    const found = findClaude({ ...nowhere, setting, path: "/usr/bin:/bin" });
    assert.match("problem" in found ? found.problem : "", /^GANTRY_CLAUDE_BIN names /);
  }
});

test("where there is none, the problem says how to get it", () => {
  const found = findClaude(nowhere);
  assert.match("problem" in found ? found.problem : "", /not found for linux-x64; install it .*GANTRY_CLAUDE_BIN/);
});

test("the version is read, and anything else is a problem in one line", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-find-"));
  const runner = createProgramRunner(systemClock);
  const read = async (name: string, script: string) =>
    readClaudeVersion(await writeProgram(join(folder.path, name), script), { PATH: "/usr/bin:/bin" }, runner);
  assert.deepEqual(await read("good", 'echo "2.1.328 (Claude Code)"'), { version: "2.1.328" });
  for (const [name, script, reason] of [
    ["silent", "exit 0", 'it printed ""'],
    ["garbage", "echo hello", 'it printed "hello\\n"'],
    ["failing", "echo 1.2.3; exit 3", "it ended with code 3"],
  ] as const) {
    const problem = `${join(folder.path, name)} --version did not answer with a version: ${reason}`;
    assert.deepEqual(await read(name, script), { problem });
  }
});
