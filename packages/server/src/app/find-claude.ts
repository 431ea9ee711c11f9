import { accessSync, constants, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import type { ProgramResult, ProgramRunner } from "../core/ports/program-runner.ts";
import type { Config } from "./config.ts";

/** The Claude Code program: where it lies and how it was found. */
export interface FoundClaude {
  /** Absolute. */
  readonly path: string;
  readonly source: "setting" | "package" | "PATH";
}

export interface ClaudeSearch {
  /** What the setting names; it is taken or nothing is. */
  readonly setting: string | undefined;
  /** The value of PATH. */
  readonly path: string;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Folder of a platform package such as `@anthropic-ai/claude-code-linux-x64`; undefined where it is not installed. */
  readonly packageFolder: (name: string) => string | undefined;
}

/** Finds the program: the setting, else what npm installed, else PATH. The second value says why there is none. */
export function findClaude(search: ClaudeSearch): FoundClaude | { readonly problem: string } {
  const program = search.platform === "win32" ? "claude.exe" : "claude";
  if (search.setting !== undefined) {
    if (isProgram(search.setting)) return { path: search.setting, source: "setting" };
    return { problem: `GANTRY_CLAUDE_BIN names ${search.setting}, which is no program that can be run` };
  }
  for (const name of packageNames(search)) {
    const folder = search.packageFolder(name);
    if (folder !== undefined && isProgram(join(folder, program)))
      return { path: join(folder, program), source: "package" };
  }
  const inPath = search.path.split(delimiter).filter((folder) => folder !== "");
  const found = inPath.map((folder) => join(folder, program)).find(isProgram);
  if (found !== undefined) return { path: found, source: "PATH" };
  return {
    problem:
      `Claude Code was not found for ${search.platform}-${search.arch}; install it ` +
      "(npm install --include=optional, or npm install -g @anthropic-ai/claude-code), or name it with GANTRY_CLAUDE_BIN",
  };
}

/** The search on this machine, as the configuration has it. */
export function toClaudeSearch(config: Pick<Config, "claudeBinary" | "cliEnvironment">): ClaudeSearch {
  return {
    setting: config.claudeBinary,
    path: config.cliEnvironment.reveal()["PATH"] ?? "",
    platform: process.platform,
    arch: process.arch,
    packageFolder: installedPackageFolder,
  };
}

/** npm installs the one that fits the C library; where both lie there, the usual one goes first. */
function packageNames({ platform, arch }: ClaudeSearch): string[] {
  const name = `@anthropic-ai/claude-code-${platform}-${arch}`;
  return platform === "linux" ? [name, `${name}-musl`] : [name];
}

/** Finds a package's folder from this file on, so that the working directory plays no part. */
function installedPackageFolder(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The version the program reports, such as `2.1.328`, or why it reports none. It takes some 15 ms. */
export async function readClaudeVersion(
  path: string,
  env: Readonly<Record<string, string>>,
  runner: ProgramRunner,
): Promise<{ readonly version: string } | { readonly problem: string }> {
  const result = await runner.run({ command: path, args: ["--version"], env, timeoutMs: 10_000 });
  const version = /^(\d+\.\d+\.\d+\S*)/.exec(result.stdout.trim())?.[1];
  if (result.code === 0 && version !== undefined) return { version };
  return { problem: `${path} --version did not answer with a version: ${describeResult(result)}` };
}

function describeResult({ outcome, code, stdout, stderr }: ProgramResult): string {
  if (outcome === "not_started") return stderr;
  if (outcome === "timed_out") return "it did not end in time";
  return code === 0
    ? `it printed ${JSON.stringify(stdout.slice(0, 80))}`
    : `it ended with code ${code ?? "of a signal"}`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
