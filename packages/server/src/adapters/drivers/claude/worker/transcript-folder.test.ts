import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openTranscriptFolder } from "./transcript-folder.ts";

async function open(t: TestContext) {
  const base = mkdtempSync(join(tmpdir(), "gantry-test-"));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const folder = await openTranscriptFolder(base, "mine-");
  const project = join(folder.directory, "-home-agent");
  mkdirSync(project);
  return { base, folder, project };
}

test("a transcript is read wherever the working directory was, and the folder goes when it is told to", async (t) => {
  const { folder, project } = await open(t);
  assert.equal(await folder.read("s"), undefined);
  writeFileSync(join(project, "s.jsonl"), "row\n");
  assert.equal(await folder.read("s"), "row\n");
  await folder.remove();
  await folder.remove();
  assert.equal(existsSync(folder.directory), false);
  assert.equal(await folder.read("s"), undefined);
});

test("no link is followed, be it the file or its folder, and nothing is read that is no plain file", async (t) => {
  const { base, folder, project } = await open(t);
  const secret = join(base, "secret");
  mkdirSync(secret);
  writeFileSync(join(secret, "s.jsonl"), "the host's\n");
  symlinkSync(join(secret, "s.jsonl"), join(project, "s.jsonl"));
  assert.equal(await folder.read("s"), undefined);
  rmSync(join(project, "s.jsonl"));
  mkdirSync(join(project, "s.jsonl"));
  assert.equal(await folder.read("s"), undefined);
  renameSync(project, join(base, "moved"));
  symlinkSync(secret, project);
  assert.equal(await folder.read("s"), undefined);
});

test("a folder with more entries or bytes than a conversation needs is overfull", async (t) => {
  const { folder, project } = await open(t);
  writeFileSync(join(project, "s.jsonl"), "row\n");
  assert.equal(await folder.isOverfull(), false);
  for (let index = 0; index < 5_001; index += 1) writeFileSync(join(project, String(index)), "");
  assert.equal(await folder.isOverfull(), true);
});
