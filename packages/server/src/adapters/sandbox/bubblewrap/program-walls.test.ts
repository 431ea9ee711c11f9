import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { toProgramWalls } from "./program-walls.ts";
import { contains } from "../path-relations.ts";
import { toSystemWalls } from "./system-walls.ts";

function temporaryFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "gantry-program-")));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const open = (folder: string): string[] => ["--perms", "0755", "--dir", folder];

test("a program of the system keeps its path and needs nothing more", () => {
  assert.deepEqual(toProgramWalls("/bin/sh", []), { args: [], command: "/bin/sh" });
});

test("another program shows with its own folder, at a neutral place, links resolved", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "versions"));
  writeFileSync(join(folder, "versions/agent-2"), "");
  symlinkSync(join(folder, "versions/agent-2"), join(folder, "agent"));
  assert.deepEqual(toProgramWalls(join(folder, "agent"), [folder]), {
    args: [...open("/opt"), "--ro-bind", join(folder, "versions"), "/opt/agent"],
    command: "/opt/agent/agent-2",
  });
});

test("a program that lies right in a hidden folder, or above one, shows alone", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "agent"), "");
  mkdirSync(join(folder, "data"));
  const args = [...open("/opt"), ...open("/opt/agent"), "--ro-bind", join(folder, "agent"), "/opt/agent/agent"];
  const alone = { args, command: "/opt/agent/agent" };
  assert.deepEqual(toProgramWalls(join(folder, "agent"), [folder]), alone);
  assert.deepEqual(toProgramWalls(join(folder, "agent"), [join(folder, "data")]), alone);
});

test("what lies beside a program in a closed folder shows one by one to another user", (t) => {
  const folder = temporaryFolder(t);
  for (const name of ["agent", "library"]) writeFileSync(join(folder, name), "");
  assert.deepEqual(toProgramWalls(join(folder, "agent"), [], true).args, [
    ...open("/opt"),
    ...open("/opt/agent"),
    ...["agent", "library"].flatMap((name) => ["--ro-bind", join(folder, name), `/opt/agent/${name}`]),
  ]);
  chmodSync(folder, 0o755);
  assert.deepEqual(toProgramWalls(join(folder, "agent"), [], true), toProgramWalls(join(folder, "agent"), []));
});

test("a program that is not there or not named by its whole path is an error", () => {
  assert.throws(() => toProgramWalls("/nowhere/program", []));
  assert.throws(() => toProgramWalls("bin/sh", []));
});

test("a folder contains itself and what is below it, not what is beside it", () => {
  assert.ok(contains("/usr", "/usr"));
  assert.ok(contains("/usr", "/usr/lib/x"));
  assert.ok(contains("/usr", "/usr/..name"));
  assert.equal(contains("/usr", "/usrlocal"), false);
  assert.equal(contains("/usr/lib", "/usr"), false);
});

test("a hidden folder within the system is covered, one outside needs no cover", () => {
  const system = toSystemWalls(["/usr/share", "/home", "/usr"]);
  assert.deepEqual(
    system.filter((_, index) => system[index - 1] === "--tmpfs"),
    ["/usr/share"],
  );
});
