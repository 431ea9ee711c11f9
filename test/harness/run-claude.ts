import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { findClaudeVersion, type ClaudeVersion } from "./claude-versions.ts";

export interface ClaudeRun {
  readonly version: ClaudeVersion;
  /** Base URL of a Messages API. */
  readonly url: string;
  readonly key: string;
  readonly prompt: string;
  readonly model?: string;
  /** What exists for the model, and may be used without asking. */
  readonly tools?: readonly string[];
  /** Where it works; an empty folder where nothing is said. */
  readonly folder?: string;
  /** Besides the variables that every run has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ClaudeResult {
  readonly result: string;
  readonly isError: boolean;
  /** All lines that it printed, parsed. */
  readonly lines: readonly unknown[];
}

const resultLine = z.looseObject({ type: z.literal("result"), result: z.string().default(""), is_error: z.boolean() });

/**
 * Runs the real CLI as a client, with one prompt, an empty home and nothing of this process's environment but PATH. Resolves
 * when it has ended; rejects with what it wrote where it gave no result. An abort kills it.
 */
export async function runClaude(run: ClaudeRun): Promise<ClaudeResult> {
  const home = await mkdtemp(join(tmpdir(), "gantry-claude-"));
  try {
    const child = spawn(findClaudeVersion(run.version), toArguments(run), {
      cwd: run.folder ?? home,
      stdio: ["pipe", "pipe", "pipe"],
      killSignal: "SIGKILL",
      ...(run.signal !== undefined && { signal: run.signal }),
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: home,
        ANTHROPIC_BASE_URL: run.url,
        ANTHROPIC_API_KEY: run.key,
        DISABLE_AUTOUPDATER: "1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        ...run.env,
      },
    });
    // Whoever aborts it knows; without a result the end below rejects.
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    const closed = once(child, "close");
    const message = { role: "user", content: run.prompt };
    child.stdin.end(`${JSON.stringify({ type: "user", message, session_id: "", parent_tool_use_id: null })}\n`);
    const [printed, complained] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return readResult(printed, complained);
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

function toArguments({ tools = [], model = "haiku" }: ClaudeRun): string[] {
  const args = ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  args.push("--system-prompt", "You are a test.", "--strict-mcp-config", "--setting-sources", "", "--model", model);
  args.push("--tools", tools.join(","));
  return tools.length === 0 ? args : [...args, "--allowedTools", tools.join(",")];
}

function readResult(printed: string, complained: string): ClaudeResult {
  const lines: unknown[] = printed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const last = resultLine.safeParse(lines.at(-1));
  if (!last.success) throw new Error(`The CLI gave no result.\n${printed.slice(-2000)}\n${complained}`);
  return { result: last.data.result, isError: last.data.is_error, lines };
}
