import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { lstat, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { usualCollectLimits } from "../../packages/server/src/adapters/workspaces/collect-changes.ts";
import { layOut, openBench, summarise } from "./open-bench.ts";

test("what is beyond a bound is told, and the rest is kept", async (context) => {
  const limits = { ...usualCollectLimits, mostChanges: 3, largestFileBytes: 100, mostBytes: 150 };
  const { make, workspaces } = await openBench(context, { limits });
  const one = await make();
  await layOut(one.hostPath, { a: "x".repeat(101), b: "x".repeat(100), c: "y".repeat(100) });
  const large = await workspaces.collect(one.id);
  assert.deepEqual([large.items.length, large.complete], [3, false]);
  assert.deepEqual(summarise(large).notes.toSorted(), [
    "too_large a",
    `too_large ${large.items[1]?.digest === null ? "b" : "c"}`,
  ]);
  const two = await make();
  await layOut(two.hostPath, { a: "1", b: "2", c: "3", d: "4", e: "5" });
  const many = await workspaces.collect(two.id);
  assert.deepEqual([many.items.length, many.notes[0]?.code, many.complete], [3, "too_many", false]);

  const few = await openBench(context, { limits: { ...usualCollectLimits, mostEntries: 5 } });
  const directory = await few.directory("plain", { a: "1", b: "2", z: "3" });
  const full = await few.make({ kind: "directory", directory });
  await layOut(full.hostPath, { c: "1", d: "1", e: "1", f: "1" });
  const cut = await few.workspaces.collect(full.id);
  assert.deepEqual([cut.notes[0]?.code, cut.complete], ["too_many", false]);
  // What was not looked at is not taken for deleted.
  assert.ok(cut.items.every(({ change }) => change === "added"));
});

test("names that differ in case alone are noted", async (context) => {
  const { make, workspaces } = await openBench(context);
  const { id, hostPath } = await make();
  await layOut(hostPath, { Readme: "1", README: "2", other: "3" });
  const { notes } = summarise(await workspaces.collect(id));
  assert.deepEqual(notes, ["case_collision README", "case_collision Readme"]);
});

test("a file that becomes a link to the host while it is collected is never read through it", async (context) => {
  const { make, workspaces, root } = await openBench(context);
  const { id, hostPath } = await make();
  await layOut(root, { "host/secret": "secret of the host" });
  const names = Array.from({ length: 40 }, (_, index) => `d${index}`);
  for (const name of names) await layOut(hostPath, { [`${name}/secret`]: "of the agent" });
  let done = false;
  // Folders and files are swapped for links to the host and back, again and again.
  async function swap(): Promise<void> {
    for (let round = 0; !done; round += 1) {
      const name = names[round % names.length] ?? "";
      const [folder, aside] = [join(hostPath, name), join(root, `aside-${name}`)];
      await rename(folder, aside);
      await symlink(join(root, "host"), folder);
      await rm(folder);
      await rename(aside, folder);
      await rm(join(folder, "secret"));
      await symlink(join(root, "host/secret"), join(folder, "secret"));
      await rm(join(folder, "secret"));
      await writeFile(join(folder, "secret"), "of the agent");
    }
  }
  const swapping = swap();
  const secret = `sha256:${hash("sha256", "secret of the host")}`;
  for (let round = 0; round < 8; round += 1) {
    const { items } = await workspaces.collect(id);
    assert.deepEqual(
      items.filter(({ digest, target }) => digest === secret || target?.startsWith("/") === true),
      [],
    );
  }
  done = true;
  await swapping;
  const settled = await workspaces.collect(id);
  assert.deepEqual([settled.items.length, settled.complete], [40, true]);
  assert.ok((await lstat(join(root, "host/secret"))).isFile());
});
