import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { test } from "node:test";
import { listPages, type Page } from "../harness/pages.ts";

const root = join(import.meta.dirname, "..", "..");
const pages = listPages();

/** The name under which a heading is linked, as code forges and npm make it. */
function toAnchor(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

/** One that stands twice on a page has a number behind it. */
function listAnchors({ prose }: Page): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    prose
      .flatMap((line) => /^#{1,6} +(.*?)(?: +#+)?$/.exec(line)?.[1] ?? [])
      .map((heading) => {
        const anchor = toAnchor(heading);
        const count = seen.get(anchor) ?? 0;
        seen.set(anchor, count + 1);
        return count === 0 ? anchor : `${anchor}-${count}`;
      }),
  );
}

/** Where the links and images of a page lead, with the line that they stand in; code is none. */
function listTargets({ prose }: Page): readonly (readonly [target: string, line: number])[] {
  return prose.flatMap((line, index) => {
    const text = line.replaceAll(/`[^`]*`/g, (code) => "`".repeat(code.length));
    const inline = [...text.matchAll(/\]\(<?([^()\s>]+)>?(?: "[^"]*")?\)/g)];
    const named = [...text.matchAll(/^ {0,3}\[[^\]]+\]: +<?(\S+?)>?$/g)];
    const html = [...text.matchAll(/\b(?:href|src)="([^"]+)"/g)];
    return [...inline, ...named, ...html].map(([, target = ""]) => [target, index + 1] as const);
  });
}

function findProblem(page: Page, target: string): string | undefined {
  const [path = "", anchor] = target.split("#", 2);
  const place = path === "" ? page.path : posix.join(posix.dirname(page.path), decodeURI(path));
  if (place.startsWith("..") || !existsSync(join(root, place))) return `${place} is not there`;
  if (anchor === undefined) return undefined;
  const meant = pages.find((other) => other.path === place);
  if (meant === undefined) return `${place} is no page that has headings`;
  return listAnchors(meant).has(anchor) ? undefined : `${place} has no heading "${anchor}"`;
}

test("every link of every page leads to a file, and its anchor to a heading", () => {
  const links = pages.flatMap((page) => listTargets(page).map(([target, line]) => ({ page, target, line })));
  assert.ok(links.length > 100);
  const broken = links
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target))
    .flatMap(({ page, target, line }) => {
      const problem = findProblem(page, target);
      return problem === undefined ? [] : [`${page.path}:${line}: ${target}: ${problem}`];
    });
  assert.deepEqual(broken, []);
});

test("what pages name as a file of the repository is there", () => {
  const folders = "packages|bin|bench|scripts|test|docs|clients|examples|deploy|\\.github";
  const pattern = new RegExp(`\`((?:${folders})/[\\w./-]*\\w)\``, "g");
  const missing = pages.flatMap(({ path, prose }) =>
    prose.flatMap((line, index) =>
      [...line.matchAll(pattern)]
        .filter(([, name = ""]) => !existsSync(join(root, name)) && !existsSync(join(root, dirname(path), name)))
        .map(([, name]) => `${path}:${index + 1}: ${name}`),
    ),
  );
  assert.deepEqual(missing, []);
});
