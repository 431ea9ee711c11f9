import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listPages } from "../harness/pages.ts";
import { commandPages, configPages, ownRunners, programPages } from "./page-runners.ts";

const root = join(import.meta.dirname, "..", "..");
const pages = listPages();
/** Blocks that only show something. */
const shown = new Set(["", "text", "diff", "mermaid"]);

/** The test that runs a page's blocks of a language: the table where its test follows the table, else its file. */
function findRunner(page: string, language: string): string | undefined {
  if (language === "sh" && page in commandPages) return "commandPages";
  if (language === "ts" && page in programPages) return "programPages";
  if (language === "json" && configPages.includes(page)) return "configPages";
  return ownRunners[page]?.[language];
}

test("every block of every page is run by a test, or its page says why it is not", () => {
  const lost = pages.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language, notRun }) => !shown.has(language) && notRun === undefined)
      .filter(({ language }) => findRunner(path, language) === undefined)
      .map(({ language, line }) => `${path}:${line}: ${language}`),
  );
  const advice =
    "No test runs these blocks. Commands against a server with the demo model, programs in TypeScript and config files need " +
    "a row in commandPages, programPages or configPages of test/docs/page-runners.ts, and no more. What needs another " +
    "surrounding has a test of its own that reads the blocks by readBlocks of test/harness/pages.ts, and a row in ownRunners. " +
    "What cannot be run has the line `*Not run by the tests: the reason.*` right before the block. Shells are `sh`; what only " +
    "shows something has no language, or is `text` or `diff`.";
  assert.deepEqual(lost, [], advice);
});

test("what is said to be run is there, and has a test that names it", () => {
  const claims = [
    ...Object.keys(commandPages).map((page) => [page, "sh"] as const),
    ...Object.keys(programPages).map((page) => [page, "ts"] as const),
    ...configPages.map((page) => [page, "json"] as const),
    ...Object.entries(ownRunners).flatMap(([page, by]) => Object.keys(by).map((language) => [page, language] as const)),
  ];
  const has = (page: string, language: string) =>
    pages.some(
      ({ path, blocks }) =>
        path === page && blocks.some((block) => block.language === language && block.notRun === undefined),
    );
  assert.deepEqual(
    claims.filter(([page, language]) => !has(page, language)),
    [],
    "These pages have no such block to run (any more): take their rows out of test/docs/page-runners.ts.",
  );
  for (const [page, by] of Object.entries(ownRunners)) {
    for (const [language, file] of Object.entries(by)) {
      assert.ok(existsSync(join(root, file)), `${page}: ${file} is not there.`);
      const text = readFileSync(join(root, file), "utf8");
      // In Python the page lies beside the tests.
      const name = file.endsWith(".py") ? (page.split("/").at(-1) ?? page) : page;
      assert.ok(text.includes(`"${name}"`), `${file} does not name "${name}", whose ${language} blocks it is to run.`);
    }
  }
});

test("a mark of what is not run stands right before a block", () => {
  const wrong = pages.flatMap(({ path, prose, blocks }) => {
    const marks = prose.filter((line) => /^[\s>*_]*not run by the tests/i.test(line)).length;
    const marked = blocks.filter(({ notRun }) => notRun !== undefined).length;
    return marks === marked ? [] : [`${path}: ${marks} marks for ${marked} blocks`];
  });
  assert.deepEqual(
    wrong,
    [],
    "A mark reads `*Not run by the tests: the reason.*` and is the last line before its block.",
  );
});

test("no command hides in a block without a language", () => {
  const command = /^\s*(?:[$#>] |(?:sudo )?(?:gantry|curl|npm|npx|node|git|docker|pip|python3?|claude|export|cd) \S)/;
  const hidden = pages.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language, notRun }) => shown.has(language) && language !== "diff" && notRun === undefined)
      .flatMap(({ line, code }) =>
        code
          .split("\n")
          .filter((text) => command.test(text))
          .map((text) => `${path}:${line}: ${text.trim()}`),
      ),
  );
  assert.deepEqual(hidden, [], "Commands stand in a block of `sh`, so that a test runs them.");
});
