import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkWorkspaceFiles, isGitName } from "./check-workspace-files.ts";

const content = new Uint8Array();
const check = (...paths: string[]) => checkWorkspaceFiles(paths.map((path) => ({ path, content })));

test("plain relative paths are taken, however odd their letters", () => {
  assert.equal(
    check("a", "b/c", "b/d", "…/ü/日本", ".gitignore", "git/hooks", "a b\nc", "-rf", "~", "a..b"),
    undefined,
  );
  assert.equal(check(), undefined);
});

const refused: readonly [string, string][] = [
  ["", "expected a path, got nothing"],
  ["/etc/passwd", "absolute"],
  ["../x", 'is ".."'],
  ["a/../../x", 'is ".."'],
  ["./a", 'is "."'],
  ["a//b", "empty part"],
  ["a/", "empty part"],
  ["a\0b", "zero byte"],
  ["\uD800", "no valid text"],
  ["a".repeat(1025), "longer than 1024"],
  ["ü".repeat(200), "longer than 255 bytes"],
  [".git/hooks/pre-commit", "git's own"],
  ["a/.GIT/config", "git's own"],
  ["git~1/config", "git's own"],
  [".g\u200Cit/config", "git's own"],
  [".git./config", "git's own"],
  [".git::$INDEX_ALLOCATION/config", "git's own"],
];

for (const [path, reason] of refused) {
  test(`${JSON.stringify(path.slice(0, 40))} is refused: ${reason}`, () => {
    const failure = check("good", path);
    assert.equal(failure?.param, "files[1].path");
    assert.ok(failure.message.includes(reason), failure.message);
  });
}

test("two files of one path, and a file that another needs as a folder, are refused", () => {
  assert.equal(check("a", "a")?.param, "files[1].path");
  assert.equal(check("a/b", "a")?.param, "files[1].path");
  assert.equal(check("a", "a/b/c")?.param, "files[0].path");
  assert.equal(
    checkWorkspaceFiles(Array.from({ length: 10_001 }, (_, n) => ({ path: `${n}`, content })))?.param,
    "files",
  );
});

test("no path that is taken leaves the folder", () => {
  const part = fc.constantFrom("..", ".", "", "a", "b", ".git", " ");
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const taken = check(parts.join("/")) === undefined;
      assert.ok(!taken || parts.every((each) => ![".", "..", ""].includes(each) && !isGitName(each)));
    }),
  );
});
