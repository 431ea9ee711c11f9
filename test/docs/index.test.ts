import assert from "node:assert/strict";
import { dirname, posix } from "node:path";
import { test } from "node:test";
import { listPages, readPage } from "../harness/pages.ts";

const index = "docs/README.md";

test("every page is on docs/README.md once at least, and the README leads there", () => {
  const linked = new Set(
    [...readPage(index).text.matchAll(/\]\(([^)#]+)/g)].map(([, target = ""]) =>
      posix.join(dirname(index), target.replace(/\/$/, "")),
    ),
  );
  const missing = listPages()
    .map(({ path }) => path)
    // A folder stands for the pages in it.
    .filter((path) => path !== index && !linked.has(path) && !linked.has(dirname(path)));
  assert.deepEqual(missing, [], `Give each a line on ${index}, in the group in which its reader looks for it.`);
  assert.match(readPage("README.md").text, /\]\(docs\/README\.md\)/);
});

test("every page begins with its title", () => {
  const untitled = listPages().filter(({ text }) => !/^# \S/.test(text));
  assert.deepEqual(
    untitled.map(({ path }) => path),
    [],
  );
});
