import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..", "..");
/** What is no page for readers: the tests' own material, and what others wrote. */
const skipped = new Set([".git", ".gantry", "node_modules", "coverage", "dist", "build", "release", "test", "tests"]);

/** A fenced block of a page. */
export interface PageBlock {
  /** The first word behind the fence, in small letters; empty where there is none. */
  readonly language: string;
  /** The line of the opening fence, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** Why the tests do not run it, as the page tells its reader right before the block. */
  readonly notRun: string | undefined;
}

/** A page of the documentation. */
export interface Page {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly PageBlock[];
  /** The page's lines, empty where a block is. */
  readonly prose: readonly string[];
}

/** Every Markdown file of the repository, but those of tests. */
export function listPages(): readonly Page[] {
  return listFiles(root)
    .map((file) => relative(root, file).replaceAll("\\", "/"))
    .toSorted()
    .map(readPage);
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : entry.isFile() && entry.name.endsWith(".md") ? [path] : [];
  });
}

export function readPage(path: string): Page {
  const text = readFileSync(join(root, path), "utf8");
  const lines = text.split("\n");
  const blocks: PageBlock[] = [];
  const prose = [...lines];
  for (let index = 0; index < lines.length; index += 1) {
    const [, indent = "", fence, info = ""] = /^( *)(`{3,}|~{3,})\s*([^`]*)$/.exec(lines[index] ?? "") ?? [];
    if (fence === undefined) continue;
    const isEnd = (line: string) => new RegExp(`^ *${fence.charAt(0)}{${fence.length},} *$`).test(line);
    const length = lines.slice(index + 1).findIndex(isEnd);
    if (length < 0) throw new Error(`${path}:${index + 1}: the block has no end.`);
    const code = lines.slice(index + 1, index + 1 + length).map((line) => withoutIndent(line, indent.length));
    blocks.push({
      language: (info.trim().split(/\s/)[0] ?? "").toLowerCase(),
      line: index + 1,
      code: code.map((line) => `${line}\n`).join(""),
      notRun: findMark(lines.slice(0, index)),
    });
    prose.fill("", index, index + length + 2);
    index += length + 1;
  }
  return { path, text, blocks, prose };
}

/** The blocks of a page that are to be run, in their order. */
export function readBlocks(path: string, language: string): readonly PageBlock[] {
  return readPage(path).blocks.filter((block) => block.language === language && block.notRun === undefined);
}

/** In a list a block stands as far in as the text of its item. */
function withoutIndent(line: string, indent: number): string {
  return line.slice(Math.min(indent, line.length - line.trimStart().length));
}

/** The last line of text before a block says why it is not run: `*Not run by the tests: needs an account.*` */
function findMark(before: readonly string[]): string | undefined {
  const last = before.findLast((line) => line.trim() !== "") ?? "";
  return /^\s*\*Not run by the tests: (.+)\*$/.exec(last)?.[1];
}
