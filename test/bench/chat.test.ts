import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ChatFigures } from "../../bench/chat/run-chat.ts";
import type { Bound } from "../../bench/report/bound.ts";
import { temporaryFolderFor } from "../processes/hosting.ts";
import { runBench } from "./run-program.ts";

test("a quick run measures every contestant in every scenario, and judges every bound", async (t) => {
  const folder = temporaryFolderFor(t);
  const [report, json] = [join(folder, "chat.md"), join(folder, "chat.json")];
  const { code, stdout, stderr } = await runBench("main.ts", ["chat", "--quick", "--report", report, "--json", json]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${await readFile(report, "utf8")}\n`);

  // The program's own output; what is relied on is looked at below.
  const run = JSON.parse(await readFile(json, "utf8")) as ChatFigures & { bounds: readonly Bound[] };
  assert.deepEqual(
    run.stages.map(({ scenario, callers, entries }) => [scenario, callers, ...entries.map(({ name }) => name)]),
    [1, 4].flatMap((callers) => ["new", "running"].map((scenario) => [scenario, callers, "spawn", "bare", "gantry"])),
  );
  for (const { name, rounds, peakMemoryBytes, leftOver } of run.stages.flatMap(({ entries }) => entries)) {
    assert.equal(rounds.length, 1);
    assert.equal(leftOver, 0, name);
    assert.ok(peakMemoryBytes > 0, name);
    for (const { turns, firstTokenMs, upstreamBytes, upstreamCalls, seconds } of rounds) {
      assert.ok(turns > 0 && firstTokenMs.length === turns && upstreamCalls === turns, name);
      assert.ok(firstTokenMs.every((ms) => ms > 0) && upstreamBytes > 0 && seconds > 0, name);
    }
  }
  assert.equal(run.bounds.length, 11);
  for (const { claim, measured } of run.bounds) {
    assert.ok(Number.isFinite(measured), claim);
    const row = stdout.split("\n").find((line) => line.startsWith(`| ${claim} |`));
    assert.match(row ?? "", /\| (met|\*\*missed\*\*) \|$/, claim);
  }
});

test("a mistake in the command line is told in one line", async () => {
  for (const args of [["chatt"], ["chat", "--rounds", "0"], ["chat", "--nosuch"]]) {
    const { code, stderr, stdout } = await runBench("main.ts", args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});
