import { test } from "node:test";
import assert from "node:assert/strict";
import { posix } from "node:path";
import fc from "fast-check";
import { isWithin, normalisePath } from "./normalise-path.ts";

const cases: readonly [string, string | undefined][] = [
  ["/", "/"],
  ["//", "/"],
  ["/a", "/a"],
  ["/a/", "/a"],
  ["//a//b///", "/a/b"],
  ["/a/./b/.", "/a/b"],
  ["/a/../b", "/b"],
  ["/a/b/..", "/a"],
  ["/../../a", "/a"],
  ["/..", "/"],
  ["/a/...", "/a/..."],
  ["/a./b", "/a./b"],
  ["/a/.. /b", "/a/.. /b"],
  ["/ä/日本", "/ä/日本"],
  ["", undefined],
  [".", undefined],
  ["..", undefined],
  ["a/b", undefined],
  ["./a", undefined],
  ["~/a", undefined],
  [" /a", undefined],
  ["\\a", undefined],
  ["/a\\..\\..\\b", undefined],
  ["/a\0/b", undefined],
  ["/a\n/b", undefined],
  ["C:\\a", undefined],
  ["file:///a", undefined],
];

for (const [path, expected] of cases) {
  test(`${JSON.stringify(path)} is ${expected === undefined ? "no path to judge" : expected}`, () => {
    assert.equal(normalisePath(path), expected);
  });
}

const segment = fc.oneof(fc.constantFrom("", ".", "..", "...", "a", "b", "a.", ".a"), fc.string({ maxLength: 4 }));
const anyPath = fc.array(segment, { maxLength: 8 }).map((segments) => `/${segments.join("/")}`);

test("a normal path is what the system makes of it, and stays as it is", () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const normal = normalisePath(path);
      if (normal === undefined) return;
      assert.equal(normal, posix.join(posix.normalize(path), ".").replace(/(.)\/$/, "$1"));
      assert.equal(normalisePath(normal), normal);
    }),
  );
});

test("a path is within a directory by whole segments", () => {
  for (const inside of ["/w", "/w/a", "/w/a/b", "/w/...", "/w/..a"]) assert.ok(isWithin(inside, "/w"), inside);
  for (const outside of ["/", "/wa", "/w.", "/w /a", "/W/a", "/x/w"]) assert.ok(!isWithin(outside, "/w"), outside);
  assert.ok(isWithin("/anything", "/"));
  assert.ok(isWithin("/w/a", "//w/./b/../"));
});

test("a directory that is no absolute path holds nothing", () => {
  for (const directory of ["", ".", "..", "w", "*", "\\", "/w\n"]) assert.ok(!isWithin("/w/a", directory), directory);
});

test("no path leaves the directory that it is found to be within", () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const normal = normalisePath(`/w/x/${path}`);
      if (normal === undefined || !isWithin(normal, "/w/x")) return;
      assert.ok(
        !posix
          .relative("/w/x", posix.normalize(`/w/x/${path}`))
          .split("/")
          .includes(".."),
      );
    }),
  );
});
