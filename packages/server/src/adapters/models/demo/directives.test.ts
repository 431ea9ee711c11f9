import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDirectives } from "./directives.ts";

test("directives are found anywhere in a text, in order", () => {
  assert.deepEqual(
    parseDirectives("please [[demo:delay 200]] and\n[[demo:say hello]] [[demo:hang 3]][[demo:drop]] thanks"),
    [{ kind: "delay", ms: 200 }, { kind: "say", text: "hello" }, { kind: "hang", count: 3 }, { kind: "drop" }],
  );
  assert.deepEqual(parseDirectives("[[ demo:say x ]] [demo:say x] demo"), []);
});

test("any text without ]] in it is said exactly", () => {
  const texts = fc.string({ unit: "binary" }).filter((text) => !text.includes("]]"));
  fc.assert(
    fc.property(texts, (text) => {
      assert.deepEqual(parseDirectives(`[[demo:say ${text}]]`), [{ kind: "say", text }]);
    }),
  );
});

test("any JSON object is a tool's input, whatever stands around it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (value) => {
      const json = JSON.stringify(value);
      const directives = parseDirectives(`[[demo:say a]] [[demo:tool Bash ${json} ]] [[demo:echo]]`);
      const input: unknown = JSON.parse(json);
      assert.deepEqual(directives, [
        { kind: "say", text: "a" },
        { kind: "tools", calls: [{ name: "Bash", input }] },
        { kind: "echo" },
      ]);
    }),
  );
});

test("a tool's JSON may hold closing brackets and quoted braces", () => {
  const input = { list: [[1, [2]]], text: 'x]] } " \\ {', deep: { empty: {} } };
  assert.deepEqual(parseDirectives(`[[demo:tool mcp__a__b ${JSON.stringify(input)}]]`), [
    { kind: "tools", calls: [{ name: "mcp__a__b", input }] },
  ]);
  assert.deepEqual(parseDirectives("[[demo:tool Bash]]"), [{ kind: "tools", calls: [{ name: "Bash", input: {} }] }]);
});

test("several tools may be called at once, each with its input or without", () => {
  const calls = [
    { name: "Read", input: { file_path: "/a]]" } },
    { name: "Now", input: {} },
    { name: "mcp__a__b", input: { c: { d: "{" } } },
  ];
  const [read, , last] = calls.map(({ input }) => JSON.stringify(input));
  assert.deepEqual(parseDirectives(`[[demo:tools Read ${read} Now\nmcp__a__b${last}]] [[demo:echo]]`), [
    { kind: "tools", calls },
    { kind: "echo" },
  ]);
});

test("numbers have bounds, and waits are capped", () => {
  assert.deepEqual(parseDirectives("[[demo:delay 99999999999]] [[demo:tokens 100000]] [[demo:status 429 7]]"), [
    { kind: "delay", ms: 600_000 },
    { kind: "tokens", count: 100_000 },
    { kind: "status", code: 429, retryAfter: 7 },
  ]);
});

for (const wrong of [
  "[[demo:tokens 100001]]",
  "[[demo:tokens 99999999999999999999999999999999999999]]",
  "[[demo:tokens -1]]",
  "[[demo:tokens 1e3]]",
  "[[demo:tokens]]",
  "[[demo:delay soon]]",
  "[[demo:status 200]]",
  "[[demo:status 429 7 8]]",
  "[[demo:limit 99999999999]]",
  "[[demo:echo this]]",
  "[[demo:stop Now!]]",
  "[[demo:hang x]]",
  "[[demo:]]",
  "[[demo:nonsense]]",
  "[[demo:constructor]]",
  "[[demo:saying x]]",
  "[[demo:say never closed",
  '[[demo:tool Bash {"a": ]]',
  '[[demo:tool Bash {"a": nothing}]]',
  "[[demo:tool Bash {}{}]]",
  "[[demo:tool Bash text]]",
  "[[demo:tool {}]]",
  "[[demo:tool Bash Read]]",
  "[[demo:tools]]",
  "[[demo:tools Bash {} {}]]",
  "[[demo:tools Bash {} Read [1]]]",
  `[[demo:tools ${"Bash ".repeat(33)}]]`,
]) {
  test(`${wrong} is reported as unreadable`, () => {
    assert.deepEqual(
      parseDirectives(wrong).map(({ kind }) => kind),
      ["unreadable"],
    );
  });
}

test("megabytes of directives that are never closed are read in one pass", () => {
  for (const piece of [
    "[[demo:tool X {",
    "[[demo:tools X Y {} ",
    "[[demo:say ",
    "[[demo:",
    '[[demo:tool X {"',
    "[[demo:say ]",
  ]) {
    const directives = parseDirectives(piece.repeat(300_000));
    assert.deepEqual(
      directives.map(({ kind }) => kind),
      ["unreadable"],
    );
  }
});
