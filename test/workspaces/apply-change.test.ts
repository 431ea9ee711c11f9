import assert from "node:assert/strict";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { RegisteredDirectory } from "@gantry/contracts/directories";
import { commitAll, fails, git, layOut, openBench, readFiles, type TestBench } from "./open-bench.ts";

const files = { "keep.txt": "k\n", "edit.txt": "old\n", "sub/gone.txt": "g\n", "tool.sh": "t\n" };
const landed = { "keep.txt": "k\n", "edit.txt": "new\n", "tool.sh": "t\n", "new/deep/a.txt": "a\n" };

/** A workspace of a directory with a change of every kind in it, collected. */
async function changed(bench: TestBench, directory: RegisteredDirectory, runId = "run_one"): Promise<string> {
  const owner = { kind: "run", id: runId } as const;
  const { id, hostPath } = await bench.make({ kind: "directory", directory }, { owner });
  await layOut(hostPath, { "edit.txt": "new\n", "new/deep/a.txt": "a\n" });
  await rm(join(hostPath, "sub"), { recursive: true });
  await chmod(join(hostPath, "tool.sh"), 0o755);
  await symlink("keep.txt", join(hostPath, "link"));
  await bench.workspaces.collect(id);
  return id;
}

async function assertUntouched({ path }: RegisteredDirectory, expected: Record<string, string> = files): Promise<void> {
  assert.deepEqual(await readFiles(path), expected);
  assert.deepEqual(
    (await readdir(path)).filter((name) => name.startsWith(".gantry")),
    [],
  );
}

const kinds = ["repository", "directory"] as const;

for (const kind of kinds) {
  test(`a change lands in a ${kind} as it was shown, once`, async (context) => {
    const bench = await openBench(context);
    const directory = await bench[kind]("project", files);
    await chmod(join(directory.path, "edit.txt"), 0o640);
    const id = await changed(bench, directory);
    const diff = await bench.workspaces.diff(id);
    assert.deepEqual(diff.changes, { added: 2, modified: 2, deleted: 1 });
    const applied = await bench.workspaces.apply(id, directory, diff.digest);
    assert.deepEqual(applied, {
      directory: "project",
      digest: diff.digest,
      changes: diff.changes,
      appliedAt: bench.time.now,
    });
    await assertUntouched(directory, landed);
    const at = (name: string) => join(directory.path, name);
    assert.equal((await lstat(at("tool.sh"))).mode & 0o111, 0o111);
    assert.equal((await lstat(at("edit.txt"))).mode & 0o777, 0o640);
    assert.equal(await readlink(at("link")), "keep.txt");
    await assert.rejects(lstat(at("sub")), { code: "ENOENT" });
    await assert.rejects(bench.workspaces.apply(id, directory, undefined), fails("conflict", /landed before/));
    assert.equal((await bench.workspaces.diff(id)).appliedAt, bench.time.now);
    // Also after a new start.
    const again = bench.reopen();
    await again.adoptOrRemoveLeftovers(async () => true);
    await assert.rejects(again.apply(id, directory, undefined), fails("conflict", /landed before/));
  });

  test(`a change is refused whole where a file of the ${kind} has moved`, async (context) => {
    const bench = await openBench(context);
    const directory = await bench[kind]("project", files);
    const id = await changed(bench, directory);
    const at = (name: string) => join(directory.path, name);
    const apply = () => bench.workspaces.apply(id, directory, undefined);
    const moves: readonly [string, () => Promise<unknown>, () => Promise<unknown>][] = [
      ["edit.txt", () => writeFile(at("edit.txt"), "mine\n"), () => writeFile(at("edit.txt"), "old\n")],
      ["tool.sh", () => chmod(at("tool.sh"), 0o755), () => chmod(at("tool.sh"), 0o644)],
      ["sub/gone.txt", () => rm(at("sub/gone.txt")), () => writeFile(at("sub/gone.txt"), "g\n")],
      [
        "new/deep/a.txt",
        () => layOut(directory.path, { "new/deep/a.txt": "a" }),
        () => rm(at("new"), { recursive: true }),
      ],
      ["link", () => mkdir(at("link")), () => rm(at("link"), { recursive: true })],
      [
        "edit.txt",
        () => rm(at("edit.txt")).then(() => symlink("/etc/passwd", at("edit.txt"))),
        async () => {
          await rm(at("edit.txt"));
          await writeFile(at("edit.txt"), "old\n");
        },
      ],
    ];
    for (const [name, move, back] of moves) {
      await move();
      const before = await readFiles(directory.path);
      await assert.rejects(apply(), fails("conflict", new RegExp(`has moved since the run began: ${name}`)), name);
      await assertUntouched(directory, before);
      await back();
    }
    await apply();
    await assertUntouched(directory, landed);
  });
}

test("a repository whose HEAD has moved is refused; what was never committed is not in the way", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", files);
  const id = await changed(bench, directory);
  await layOut(directory.path, { "notes.txt": "mine", "keep.txt": "mine\n" });
  const head = await commitAll(directory.path, "mine");
  await assert.rejects(
    bench.workspaces.apply(id, directory, undefined),
    fails("conflict", new RegExp(head.slice(0, 12))),
  );
  await git(directory.path, "reset", "--quiet", "--soft", "HEAD~1");
  await bench.workspaces.apply(id, directory, undefined);
  assert.deepEqual(await readFiles(directory.path), { ...landed, "notes.txt": "mine", "keep.txt": "mine\n" });
});

test("a copied directory is refused where any file that the work began with has moved", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.directory("project", files);
  const id = await changed(bench, directory);
  await layOut(directory.path, { "keep.txt": "mine\n", "mine.txt": "mine\n" });
  await assert.rejects(bench.workspaces.apply(id, directory, undefined), fails("conflict", /keep\.txt/));
  await layOut(directory.path, { "keep.txt": "k\n" });
  await bench.workspaces.apply(id, directory, undefined);
  await assertUntouched(directory, { ...landed, "mine.txt": "mine\n" });
});

test("what cannot be landed as a whole, or may not be, is refused", async (context) => {
  const bench = await openBench(context);
  const { workspaces } = bench;
  const directory = await bench.repository("project", files);
  const refuses = async (id: string, words: RegExp, where = directory) =>
    await assert.rejects(workspaces.apply(id, where, undefined), fails("conflict", words));
  const made = async (change: (folder: string) => Promise<unknown>) => {
    const { id, hostPath } = await bench.make({ kind: "directory", directory });
    await change(hostPath);
    await workspaces.collect(id);
    return id;
  };
  const good = await changed(bench, directory);
  await refuses(good, /is read-only/, { ...directory, access: "read-only" });
  await refuses(good, /another directory/, { ...directory, name: "other" });
  await assert.rejects(
    workspaces.apply(good, directory, `sha256:${"0".repeat(64)}`),
    fails("conflict", /read it again/),
  );
  await refuses(await made(async () => {}), /changed nothing/);
  await refuses(await made((folder) => symlink("/etc/passwd", join(folder, "out"))), /out: The link leads out/);
  await refuses(await made((folder) => layOut(folder, { "x/.git/config": "[core]" })), /x\/\.git: A repository/);
  await refuses(await made((folder) => layOut(folder, { KEEP: "1", Keep: "2" })), /differs from it in its case/);
  const empty = await bench.make();
  await layOut(empty.hostPath, { a: "1" });
  await workspaces.collect(empty.id);
  await refuses(empty.id, /another directory/);
  const fresh = await bench.make({ kind: "directory", directory });
  await assert.rejects(workspaces.apply(fresh.id, directory, undefined), fails("not_found", /Nothing was collected/));
  await assertUntouched(directory);
});

test("a folder that a link has taken the place of leads nowhere", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", files);
  const { id, hostPath } = await bench.make({ kind: "directory", directory });
  await layOut(hostPath, { "new/a.txt": "a", "sub/b.txt": "b" });
  await bench.workspaces.collect(id);
  const outside = join(bench.root, "outside");
  await mkdir(outside);
  for (const name of ["new", "sub"]) {
    await rm(join(directory.path, name), { recursive: true, force: true });
    await symlink(outside, join(directory.path, name));
  }
  await assert.rejects(bench.workspaces.apply(id, directory, undefined), fails("conflict", /has moved since/));
  assert.deepEqual(await readdir(outside), []);
  await rename(directory.path, join(bench.root, "elsewhere"));
  await assert.rejects(
    bench.workspaces.apply(id, directory, undefined),
    fails("conflict", /not where it was registered/),
  );
});

test("of changes that land at the same time each lands whole or not at all", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", files);
  const ids = await Promise.all(["one", "two"].map((name) => changed(bench, directory, `run_${name}`)));
  const { id: other, hostPath } = await bench.make({ kind: "directory", directory });
  await layOut(hostPath, { "other.txt": "o\n" });
  await bench.workspaces.collect(other);
  const all = [...ids, ids[0] ?? "", other].map((id) => bench.workspaces.apply(id, directory, undefined));
  const results = (await Promise.allSettled(all)).map(({ status }) => status);
  assert.deepEqual(results, ["fulfilled", "rejected", "rejected", "fulfilled"]);
  await assertUntouched(directory, { ...landed, "other.txt": "o\n" });
});

test("files and folders change places in one landing", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", { "a/b": "1", c: "2", "d/e": "3" });
  const { id, hostPath } = await bench.make({ kind: "directory", directory });
  await rm(join(hostPath, "a"), { recursive: true });
  await rm(join(hostPath, "c"));
  await layOut(hostPath, { a: "file", "c/d": "folder" });
  await rm(join(hostPath, "d/e"));
  await symlink("../a", join(hostPath, "d/e"));
  await bench.workspaces.collect(id);
  await bench.workspaces.apply(id, directory, undefined);
  assert.deepEqual(await readFiles(directory.path), { a: "file", "c/d": "folder" });
  assert.equal(await readlink(join(directory.path, "d/e")), "../a");
});

test("files that were laid over a directory are none of its own, changed or not", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.directory("project", files);
  const laid = ["task.md", "edit.txt"].map((path) => ({ path, content: Buffer.from("laid\n") }));
  const { id, hostPath } = await bench.make({ kind: "directory", directory }, { files: laid });
  await layOut(hostPath, { "edit.txt": "new\n", "more.txt": "m\n" });
  await bench.workspaces.collect(id);
  await bench.workspaces.apply(id, directory, undefined);
  assert.deepEqual(await readFiles(directory.path), { ...files, "edit.txt": "new\n", "more.txt": "m\n" });
});

test("a landing that fails on the way is undone", async (context: TestContext) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", files);
  const id = await changed(bench, directory);
  const { items } = (await bench.workspaces.artifacts(id)) ?? assert.fail();
  // The content of one file is gone from the store.
  const digest = items.find(({ path }) => path === "new/deep/a.txt")?.digest?.slice(7) ?? "";
  await rm(join(bench.dataDirectory, "artifacts", digest.slice(0, 2), digest.slice(2)));
  await assert.rejects(bench.workspaces.apply(id, directory, undefined), fails("conflict", /not kept any more/));
  await assertUntouched(directory);
  assert.equal(await readFile(join(directory.path, "edit.txt"), "utf8"), "old\n");
});
