import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { UpstreamToolCall } from "./upstream-answer.ts";

/**
 * A small piece of work for an agent with the tools Read, Edit and Bash: it reads two files side by side, corrects a word in
 * one, and runs a command whose output it then tells.
 */
export interface AgentTask {
  readonly steps: readonly AgentStep[];
  /** The agent's last words begin with these; the command's output follows. */
  readonly lastWords: string;
}

/** Calls that are made at once. */
export type AgentStep = readonly (UpstreamToolCall & {
  readonly arguments: object;
  /** What its result must hold for the work to go on. */
  readonly expects: RegExp;
})[];

/** The task in a folder, by the path under which the agent's tools see it. */
export function toAgentTask(folder: string): AgentTask {
  const greeting = join(folder, "greeting.txt");
  const command = `wc -c < '${greeting}' > '${join(folder, "size.txt")}' && cat '${join(folder, "size.txt")}'`;
  return {
    steps: [
      [
        { name: "Read", arguments: { file_path: greeting }, expects: /Hello, wrold!/ },
        { name: "Read", arguments: { file_path: join(folder, "note.txt") }, expects: /a note/ },
      ],
      [
        {
          name: "Edit",
          arguments: { file_path: greeting, old_string: "wrold", new_string: "world" },
          expects: /greeting\.txt/,
        },
      ],
      [{ name: "Bash", arguments: { command, description: "Count the bytes" }, expects: /^\s*14\s*$/ }],
    ],
    lastWords: "The greeting is corrected; its length is",
  };
}

/** Writes the files on which the task works. */
export async function prepareAgentTask(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "greeting.txt"), "Hello, wrold!\n");
  await writeFile(join(folder, "note.txt"), "This is a note.\n");
}

/** Asserts that the work is done in the folder, and that the agent told so. */
export async function assertAgentTaskDone(folder: string, said: string): Promise<void> {
  assert.match(said, /^The greeting is corrected; its length is 14\.?\s*$/);
  assert.equal(await readFile(join(folder, "greeting.txt"), "utf8"), "Hello, world!\n");
  assert.equal((await readFile(join(folder, "size.txt"), "utf8")).trim(), "14");
}
