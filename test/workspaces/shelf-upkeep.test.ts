import assert from "node:assert/strict";
import { lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { layOut, openBench, readFiles, summarise } from "./open-bench.ts";

test("at a start the living are taken over, and of the dead what they made is kept", async (context) => {
  const bench = await openBench(context);
  const make = async (runId: string) => {
    const made = await bench.make({ kind: "empty" }, { owner: { kind: "run", id: runId } });
    await layOut(made.hostPath, { "made.txt": runId });
    return made;
  };
  const [alive, dead] = [await make("run_alive"), await make("run_dead")];
  const again = bench.reopen();
  assert.equal(again.find(alive.id), undefined);
  const report = await again.adoptOrRemoveLeftovers(async ({ owner }) => owner.id === "run_alive");
  await again.stop();
  assert.deepEqual(report, { adopted: 1, removed: 1 });
  assert.deepEqual(again.find(alive.id), alive);
  assert.deepEqual(await readFiles(alive.hostPath), { "made.txt": "run_alive" });
  assert.equal(again.findByOwner("run_dead")?.state, "removed");
  await assert.rejects(lstat(dead.hostPath), { code: "ENOENT" });
  const list = (await again.artifacts(dead.id)) ?? assert.fail();
  assert.deepEqual(summarise(list).changes, ["added made.txt"]);
  const content = (await again.open(dead.id, list.items[0]?.id ?? "")) ?? assert.fail();
  assert.equal(await text(content.chunks), "run_dead");
});

test("what a crash left half made or half removed goes, whatever it is", async (context) => {
  const bench = await openBench(context);
  const { id, hostPath } = await bench.make();
  const root = join(bench.dataDirectory, "workspaces");
  await layOut(root, {
    "wksp_a.making/tree/x": "1",
    "wksp_b.removing/tree/x": "1",
    "wksp_c/record.json": "{",
    "wksp_d/tree/x": "no record",
    [`${id}/tree.removing/x`]: "1",
    file: "1",
  });
  const again = bench.reopen();
  assert.deepEqual(await again.adoptOrRemoveLeftovers(async () => true), { adopted: 1, removed: 5 });
  await again.stop();
  assert.deepEqual(await readdir(root), [id]);
  assert.deepEqual((await readdir(join(root, id))).toSorted(), ["base.git", "record.json", "tree"]);
  assert.ok((await lstat(hostPath)).isDirectory());
});

test("a start runs no program for what is gone already, however much there was", async (context) => {
  const { workspaces, make, reopen, started } = await openBench(context);
  for (let count = 0; count < 3; count += 1) await workspaces.remove((await make()).id);
  const alive = await make();
  await workspaces.stop();
  const before = started.length;
  const again = reopen();
  assert.deepEqual(await again.adoptOrRemoveLeftovers(async () => true), { adopted: 1, removed: 0 });
  await again.stop();
  assert.deepEqual(started.slice(before), []);
  assert.deepEqual(again.find(alive.id), alive);
});

test("a folder goes in the background, twice if asked, and its artifacts go when their time is over", async (context) => {
  const bench = await openBench(context);
  const { workspaces, dataDirectory, time } = bench;
  time.now = Date.now();
  const [one, two] = [await bench.make(), await bench.make()];
  for (const { id, hostPath } of [one, two]) {
    await layOut(hostPath, { shared: "shared", own: id });
    await mkdir(join(hostPath, "closed"), { mode: 0o000 });
    await workspaces.collect(id);
  }
  await Promise.all([workspaces.remove(one.id), workspaces.remove(one.id)]);
  await workspaces.stop();
  await assert.rejects(lstat(one.hostPath), { code: "ENOENT" });
  assert.equal(workspaces.find(one.id)?.state, "removed");
  assert.deepEqual((await workspaces.diff(one.id)).changes, { added: 2, modified: 0, deleted: 0 });
  await workspaces.forgetOld();
  assert.equal((await workspaces.artifacts(one.id))?.items.length, 2);

  const blobs = async () =>
    (await readdir(join(dataDirectory, "artifacts"), { recursive: true })).filter((name) => name.length > 2);
  assert.equal((await blobs()).length, 3);
  time.now += 7_200_000;
  await workspaces.forgetOld();
  assert.equal(workspaces.find(one.id), undefined);
  assert.equal(await workspaces.artifacts(one.id), undefined);
  assert.equal((await blobs()).length, 2);
  assert.equal((await workspaces.artifacts(two.id))?.items.length, 2);
});

test("a size watch tells once that a folder has outgrown its limit", async (context) => {
  const { make, workspaces } = await openBench(context);
  const { id, hostPath } = await make();
  await writeFile(join(hostPath, "small"), "x".repeat(10_000));
  assert.ok((await workspaces.usageBytes(id)) < 1_000_000);
  const { promise, resolve } = Promise.withResolvers<number>();
  const watch = workspaces.watchSize(id, 1_000_000, resolve);
  await writeFile(join(hostPath, "large"), "x".repeat(3_000_000));
  assert.ok((await promise) > 1_000_000);
  watch.stop();
  watch.stop();
});
