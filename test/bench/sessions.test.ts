import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Bound } from "../../bench/report/bound.ts";
import type { SessionsFigures } from "../../bench/sessions/run-sessions.ts";
import { temporaryFolderFor } from "../processes/hosting.ts";
import { runBench } from "./run-program.ts";

test("a quick run measures appends, readers and memory, and judges every bound", async (t) => {
  const folder = temporaryFolderFor(t);
  const [report, json] = [join(folder, "sessions.md"), join(folder, "sessions.json")];
  const { code, stdout, stderr } = await runBench("main.ts", [
    "sessions",
    "--quick",
    "--report",
    report,
    "--json",
    json,
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${await readFile(report, "utf8")}\n`);
  // The program's own output; what is relied on is looked at below.
  const run = JSON.parse(await readFile(json, "utf8")) as SessionsFigures & { bounds: readonly Bound[] };
  assert.ok(run.appends.every((rate) => rate > 0));
  assert.deepEqual(
    run.latency.map(({ readers, rounds }) => [readers, rounds.map(({ lost }) => lost)]),
    [
      [1, [0]],
      [100, [0]],
    ],
  );
  assert.equal(run.bounds.length, 6);
  assert.equal(run.live.interrupts.length, 1);
  for (const { measured } of run.bounds) assert.ok(Number.isFinite(measured));
});
