import assert from "node:assert/strict";
import { test } from "node:test";
import { toHomePath } from "./home-path.ts";

test("a plain relative path lies in the home", () => {
  assert.equal(toHomePath("/home/agent", ".claude/projects/a.jsonl"), "/home/agent/.claude/projects/a.jsonl");
  assert.equal(toHomePath("/home/agent", "..name"), "/home/agent/..name");
});

test("a path that leaves the home or is not plain is refused", () => {
  for (const path of ["", ".", "..", "../x", "a/../../x", "/etc/x", "a//b", "a/./b", "a/", "a\0b"]) {
    assert.throws(() => toHomePath("/home/agent", path), TypeError, JSON.stringify(path));
  }
});
