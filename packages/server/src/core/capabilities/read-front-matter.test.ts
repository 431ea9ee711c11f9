import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readFrontMatter, splitList } from "./read-front-matter.ts";

const read = (head: string) => {
  const found = readFrontMatter(`---\n${head}\n---\nThe body.\n`);
  assert.ok(found.ok, found.ok ? "" : found.problem);
  return Object.fromEntries(found.fields);
};

test("texts are read as the pages in the wild have them", () => {
  assert.deepEqual(read("name: reviewer\ndescription: Use this when: code changed. <example>a: b</example>"), {
    name: "reviewer",
    description: "Use this when: code changed. <example>a: b</example>",
  });
  assert.deepEqual(read("a: |\n  one\n    two\nb: >-\n  one\n  two\nc: one\n  two\nd:\n  e: f\n  g: h"), {
    a: "one\n  two",
    b: "one two",
    c: "one two",
    d: "",
  });
});

test("what is no head is told with its line", () => {
  const problems = [
    ["no head", 1],
    ["---\nname: x\n", 3],
    ["---\nname: x\nrubbish\n---\n", 3],
    ["---\nname: x\nname: y\n---\n", 3],
    ['---\nname: "x\n---\n', 2],
    ["---\ntools: [a, b\n---\n", 2],
  ] as const;
  for (const [page, line] of problems) {
    const found = readFrontMatter(page);
    assert.ok(!found.ok && found.problem.startsWith(`line ${line}: `), JSON.stringify([page, found]));
  }
});

test("nothing that a page holds makes it throw", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("---", "a: b", "- x", "  y", '"', "[", "|", ":", "a:", "\r", "😀")),
      (lines) => {
        readFrontMatter(`---\n${lines.join("\n")}`);
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (text) => splitList(text).every((part) => part !== "")));
});

test("a list in one text is cut outside of parentheses", () => {
  assert.deepEqual(splitList("Read,Bash(a, b) , *"), ["Read", "Bash(a, b)", "*"]);
});
