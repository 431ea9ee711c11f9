import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createCgroup, readOutOfMemory } from "./cgroup.ts";
import type { Hierarchy } from "./find-cgroups.ts";

/** A plain folder takes the same writes; what the kernel makes of them is tried where groups are. */
function hierarchyFor(t: TestContext, version: 1 | 2): Hierarchy {
  const directory = mkdtempSync(join(tmpdir(), "gantry-cgroup-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return { version, directory, controllers: ["memory", "cpu", "pids"] };
}

const bounds = { memoryBytes: 1000, cpuCores: 1.5, processes: 7 };

test("the bounds of the new version of control groups", async (t) => {
  const { directory } = await createCgroup(hierarchyFor(t, 2), "one", bounds);
  const read = (file: string): string => readFileSync(join(directory, file), "utf8");
  assert.deepEqual(["memory.max", "memory.swap.max", "memory.oom.group", "cpu.max", "pids.max"].map(read), [
    "1000",
    "0",
    "1",
    "150000 100000",
    "7",
  ]);
  writeFileSync(join(directory, "memory.events"), "low 0\noom 3\noom_kill 2\noom_group_kill 1\n");
  assert.equal(await readOutOfMemory({ version: 2, directory }), 2);
});

test("the bounds of the old version of control groups", async (t) => {
  const { directory } = await createCgroup(hierarchyFor(t, 1), "one", bounds);
  const read = (file: string): string => readFileSync(join(directory, file), "utf8");
  assert.deepEqual(
    ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "cpu.cfs_period_us", "cpu.cfs_quota_us", "pids.max"].map(
      read,
    ),
    ["1000", "1000", "100000", "150000", "7"],
  );
  assert.equal(await readOutOfMemory({ version: 1, directory }), 0);
  writeFileSync(join(directory, "memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  assert.equal(await readOutOfMemory({ version: 1, directory }), 4);
});
