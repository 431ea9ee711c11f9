import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder of a test's own, with what an owner has written. */
export interface TestFolder {
  readonly path: string;
  /** Writes files, by their paths in the folder. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  remove(): Promise<void>;
}

export async function createTestFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<TestFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "gantry-owner-")));
  const write: TestFolder["write"] = async (more) => {
    for (const [name, content] of Object.entries(more)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    }
  };
  await write(files);
  return { path, write, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A page with a head. */
export function toPage(head: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  return `---\n${lines.join("\n")}\n---\n${body}\n`;
}

/** What most tests find in a home. */
export const sampleHome = {
  "agents/company-workflow-analyst.md": toPage(
    { description: "Finds workflows: in transcripts", "allowed-tools": "Read, Bash(git log)", model: "sonnet" },
    "You are the analyst.",
  ),
  "agents/nested/auditor.md": toPage({ name: "security-auditor", description: "Looks for holes" }, "You audit."),
  "skills/semantic-text-matcher/SKILL.md": toPage(
    { name: "semantic-text-matcher", description: "Matches texts" },
    "Compare the texts word by word. The secret word is persimmon. [[demo:echo]]",
  ),
  "skills/semantic-text-matcher/words/list.txt": "one\ntwo\n",
  "skills/entity-mapper/skill.json": JSON.stringify({ description: "Maps entities", command: "map-entities" }),
  "skills/wrapped/skill.json": JSON.stringify({ description: "Behind", user_interface: { type: "agent-wrapped" } }),
  "commands/git/commit.md": toPage({ description: "Commits", "argument-hint": "[message]" }, "Commit it."),
} as const;
