import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { matchesAllow, matchesRefuse, type ArgumentKind } from "./match-argument.ts";

interface Case {
  readonly pattern: string;
  readonly kind?: ArgumentKind;
  readonly yes?: readonly string[];
  readonly no?: readonly string[];
}

const allowCases: readonly Case[] = [
  { pattern: "git log", yes: ["git log"], no: ["git log ", " git log", "git log\n", "git logs", "", "GIT LOG"] },
  {
    pattern: "git *",
    yes: ["git ", "git log", "git log --oneline -n 3", "git log\t-p"],
    no: ["git", "gitx log", "x git log"],
  },
  {
    pattern: "git *",
    no: [
      "git log; rm -rf /",
      "git log && rm -rf /",
      "git log & rm -rf /",
      "git log | sh",
      "git log\nrm -rf /",
      "git log\r\nrm -rf /",
      "git log\u0000rm",
      "git log\u0085rm",
      "git log $(rm -rf /)",
      "git log `rm -rf /`",
      "git log ${x@P}",
      "git log > /etc/passwd",
      "git diff <(rm -rf /)",
      ";git log",
    ],
  },
  { pattern: "*", yes: ["", "ls"], no: ["ls; ls", "ls\nls"] },
  { pattern: "**", yes: ["", "ls"], no: ["ls; ls"] },
  { pattern: "* --help", yes: ["git --help"], no: ["rm -rf / ; git --help", "--help"] },
  { pattern: "npm * test", yes: ["npm run test"], no: ["npm; rm -rf / test", "npm test"] },
  {
    pattern: "git log * | head *",
    yes: ["git log -p | head -3"],
    no: ["git log -p | sh | head -3", "git log -p | head -3 | sh", "git log -p; x | head -3", "git log -p || head -3"],
  },
  { pattern: "a && b", yes: ["a && b"], no: ["a && c", "a & b"] },
  // Half of an operator in the pattern must not let the other half in.
  { pattern: "echo $*", yes: ["echo $HOME"], no: ["echo $(rm)", "echo ${x}"] },
  { pattern: "echo *(x)", yes: ["echo (x)"], no: ["echo $(x)"] },
  { pattern: "ab*ba", yes: ["abba", "ab ba"], no: ["aba"] },
  { pattern: "a*a*a", yes: ["aaa", "aaaa"], no: ["aa"] },
  { pattern: "a.c", yes: ["a.c"], no: ["abc"] },
  {
    pattern: "https://example.com/*",
    kind: "text",
    yes: ["https://example.com/?a=1&b=2"],
    no: ["https://example.com.evil/"],
  },
  {
    pattern: "/workspace/*",
    kind: "path",
    yes: ["/workspace/a", "/workspace//a/./b", "/x/../workspace/a"],
    no: [
      "/workspace/../etc/passwd",
      "/workspace/..",
      "/workspace",
      "/workspaces/a",
      "workspace/a",
      "",
      "/workspace/a\n",
      "/workspace/..\\a",
    ],
  },
  { pattern: "*", kind: "path", yes: ["/", "/a"], no: ["", "a"] },
];

for (const { pattern, kind = "command", yes = [], no = [] } of allowCases) {
  test(`to allow, ${JSON.stringify(pattern)} matches the whole ${kind}, and no second command or way out`, () => {
    for (const argument of yes) assert.ok(matchesAllow(pattern, argument, kind), argument);
    for (const argument of no) assert.ok(!matchesAllow(pattern, argument, kind), argument);
  });
}

const refuseCases: readonly Case[] = [
  {
    pattern: "rm *",
    yes: [
      "rm -rf /",
      "rm a; ls",
      "ls; rm -rf /",
      "ls && rm x",
      "ls | rm x",
      "ls\nrm x",
      "echo $(rm x)",
      "(rm x)",
      "{ rm x; }",
    ],
    no: ["ls", "rmdir x", "rm"],
  },
  { pattern: "*secret*", yes: ["cat secret", "a; cat secret"], no: ["cat it"] },
  {
    pattern: "/etc/*",
    kind: "path",
    yes: ["/etc/passwd", "/workspace/../etc/passwd", "/etc//x"],
    no: ["/workspace/etc"],
  },
  { pattern: "*.env", kind: "path", yes: [".env", "/a/.env", "/a/.env/."], no: ["/a/env"] },
  { pattern: "a; b", kind: "text", yes: ["a; b"], no: ["a", "b", "x; a; b"] },
];

for (const { pattern, kind = "command", yes = [], no = [] } of refuseCases) {
  test(`to refuse, ${JSON.stringify(pattern)} matches the ${kind} and every part of it`, () => {
    for (const argument of yes) assert.ok(matchesRefuse(pattern, argument, kind), argument);
    for (const argument of no) assert.ok(!matchesRefuse(pattern, argument, kind), argument);
  });
}

const piece = fc.string({ unit: fc.constantFrom("a", "b", " ", ";", "|", "$", "(", "\n"), maxLength: 6 });

test("of an allowed command every operator stands in the pattern", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b", " ", "*", "$", "("), { maxLength: 8 }),
      piece,
      (pattern, argument) => {
        if (!matchesAllow(pattern.join(""), argument, "command")) return;
        assert.doesNotMatch(argument, /[;|\n]/);
        assert.ok(!argument.includes("$(") || pattern.join("").includes("$("));
      },
    ),
    { numRuns: 2000 },
  );
});

test("text without operators matches as the same pattern does as a regular expression", () => {
  const plain = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, plain, (wildcards, text) => {
      const expected = new RegExp(`^${wildcards.replaceAll("*", ".*")}$`).test(text);
      assert.equal(matchesAllow(wildcards, text, "text"), expected);
      assert.equal(matchesAllow(wildcards, text, "command"), expected);
    }),
    { numRuns: 2000 },
  );
});

test("many stars on a long text are no trap", () => {
  const text = "a".repeat(200_000);
  assert.ok(!matchesAllow(`${"*a".repeat(400)}b`, text, "command"));
  assert.ok(matchesAllow(`${"*a".repeat(400)}*`, text, "command"));
});
