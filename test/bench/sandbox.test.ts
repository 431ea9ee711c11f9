import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Bound } from "../../bench/report/bound.ts";
import type { SandboxFigures } from "../../bench/sandbox/run-sandbox.ts";
import { temporaryFolderFor } from "../processes/hosting.ts";
import { runBench } from "./run-program.ts";

test("a quick run measures starts and turns with and without walls, and judges every bound", async (t) => {
  const folder = temporaryFolderFor(t);
  const [report, json] = [join(folder, "sandbox.md"), join(folder, "sandbox.json")];
  const { code, stdout, stderr } = await runBench("main.ts", [
    "sandbox",
    "--quick",
    "--report",
    report,
    "--json",
    json,
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${await readFile(report, "utf8")}\n`);
  // The program's own output; what is relied on is looked at below.
  const run = JSON.parse(await readFile(json, "utf8")) as SandboxFigures & { bounds: readonly Bound[] };
  assert.deepEqual(
    run.entries.map(({ name, rounds }) => [name, rounds.length]),
    [
      ["none", 1],
      ["walls", 1],
      ["walls-and-bounds", 1],
    ],
  );
  for (const { startMs, turnMs, runsPerSecond } of run.entries.flatMap(({ rounds }) => rounds)) {
    assert.ok(startMs > 0 && turnMs > 0 && runsPerSecond > 0);
  }
  assert.equal(run.bounds.length, 2);
  for (const { claim, measured } of run.bounds) assert.ok(Number.isFinite(measured) && stdout.includes(`| ${claim} |`));
});
