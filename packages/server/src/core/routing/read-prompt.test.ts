import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { readPrompt } from "./read-prompt.ts";

const cases: readonly [keyword: string, yes: readonly string[], no: readonly string[]][] = [
  [
    "test",
    ["test", "Run the TEST.", "(test)", "test_case", "test-case", "A 'test'!"],
    ["latest", "contest", "tests", "testing", ""],
  ],
  ["add", ["Add 1 and 2", "please add"], ["address", "padding"]],
  ["optimiz*", ["Optimize it", "optimiz", "optimization"], ["reoptimize", "optimist"]],
  ["root cause", ["find the root cause", "Root\n cause?"], ["root causes", "the cause of the root", "rootcause"]],
  ["disen*", ["Diseña una API", "DISEÑAR", "disena"], ["rediseño"]],
  ["uberpruf*", ["Überprüfe das", "uberprufen"], ["pruefen"]],
  ["分析", ["请分析这段代码", "分析", "ＡＢＣ分析this"], ["分 析", "解析"]],
  ["デバッグ", ["これをデバッグして", "ﾃﾞﾊﾞｯｸﾞ"], ["バグ"]],
  ["analy*", ["请analyze这个", "Ａｎａｌｙｚｅ"], ["psychoanalysis"]],
  ["*", [], ["anything", ""]],
  ["", [], ["anything", ""]],
];

for (const [keyword, yes, no] of cases) {
  test(`the keyword "${keyword}" is found as a whole word where the script has words`, () => {
    for (const prompt of yes) assert.ok(readPrompt(prompt).has(keyword), prompt);
    for (const prompt of no) assert.ok(!readPrompt(prompt).has(keyword), prompt);
  });
}

test("code is counted and not read", () => {
  const signals = readPrompt("Show this:\n```js\nlist.add(test)?\n```\nand\n```\nmore\n```\nOK?");
  assert.deepEqual([signals.codeBlocks, signals.questions], [2, 1]);
  assert.deepEqual(["show", "ok", "list", "test", "more"].map(signals.has), [true, true, false, false, false]);
  const open = readPrompt("Show\n```\nlist");
  assert.deepEqual([open.codeBlocks, open.has("show"), open.has("list")], [1, true, false]);
  assert.equal(readPrompt("``").codeBlocks, 0);
});

test("questions are counted in any script, and a mark within a word is none", () => {
  const questions: readonly [string, number][] = [
    ["What is 2+2?", 1],
    ["Why??? How?", 2],
    ["¿Qué es?", 1],
    ["2加2等于几？为什么？", 2],
    ["ما هذا؟", 1],
    ['He asked "why?" and left', 1],
    ["https://example.com/?a=1&b=2", 0],
    ["a?.b ?? c", 1],
    ["no", 0],
  ];
  for (const [prompt, count] of questions) assert.equal(readPrompt(prompt).questions, count, prompt);
});

test("a character that stands for a word is longer than a letter", () => {
  assert.equal(readPrompt("hello").length, 5);
  assert.equal(readPrompt("你好").length, 4);
  assert.equal(readPrompt("hi 你好").length, 7);
});

test("of a huge prompt both ends are read", () => {
  const filler = "word ".repeat(1_000_000);
  const signals = readPrompt(`Design ${filler} distributed`);
  assert.deepEqual(["design", "distributed"].map(signals.has), [true, true]);
  assert.ok(!readPrompt(`${filler} design ${filler}`).has("design"));
  assert.ok(signals.length > 5_000_000);
});

test("any text can be read", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (prompt, keyword) => {
      const signals = readPrompt(prompt);
      assert.equal(typeof signals.has(keyword), "boolean");
      assert.ok(signals.length >= prompt.length && signals.codeBlocks >= 0 && signals.questions >= 0);
    }),
  );
});
