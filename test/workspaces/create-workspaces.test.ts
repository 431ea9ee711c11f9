import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { commitAll, fails, git, openBench, readFiles, run } from "./open-bench.ts";

test("an empty workspace is empty, and its files are those that were laid into it", async (context) => {
  const bench = await openBench(context);
  const empty = await bench.make();
  assert.deepEqual(await readdir(empty.hostPath), []);
  assert.deepEqual(empty.base, { kind: "empty", directory: null, commit: null });

  async function* slowly() {
    yield Buffer.from("a,");
    yield Buffer.from("b\n");
  }
  const content = Buffer.from("#!/bin/sh\n");
  const files = [
    { path: "data/table.csv", content: slowly() },
    { path: "run.sh", content, executable: true },
  ];
  const laid = await bench.make({ kind: "empty" }, { files });
  assert.deepEqual(await readFiles(laid.hostPath), { "data/table.csv": "a,b\n", "run.sh": "#!/bin/sh\n" });
  assert.equal((await lstat(join(laid.hostPath, "run.sh"))).mode & 0o100, 0o100);
  assert.deepEqual((await bench.workspaces.collect(laid.id)).items, []);
});

test("a repository is cloned at a ref, and shares nothing with where it came from", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", { "a.txt": "one\n", "sub/b.txt": "b\n" });
  const first = (await git(directory.path, "rev-parse", "HEAD")).trim();
  await git(directory.path, "remote", "add", "origin", "https://user:secret@example.invalid/x.git");
  await git(directory.path, "tag", "v1");
  await writeFile(join(directory.path, "a.txt"), "two\n");
  const second = await commitAll(directory.path, "second");
  await writeFile(join(directory.path, "a.txt"), "not committed\n");

  const newest = await bench.make({ kind: "directory", directory });
  assert.deepEqual(newest.base, { kind: "repository", directory: "project", commit: second });
  assert.deepEqual(await readFiles(newest.hostPath), { "a.txt": "two\n", "sub/b.txt": "b\n" });
  const tagged = await bench.make({ kind: "directory", directory, ref: "v1" });
  assert.deepEqual([tagged.base.commit, (await readFiles(tagged.hostPath))["a.txt"]], [first, "one\n"]);
  assert.equal((await bench.make({ kind: "directory", directory, ref: "main~1" })).base.commit, first);

  const config = await readFile(join(newest.hostPath, ".git/config"), "utf8");
  assert.doesNotMatch(config, /remote|secret|hooksPath/);
  assert.match(await git(newest.hostPath, "log", "--format=%s"), /^second\nfirst\n$/);
  assert.equal(await git(newest.hostPath, "status", "--porcelain"), "");
  await assert.rejects(lstat(join(newest.hostPath, ".git/hooks")), { code: "ENOENT" });
  await assert.rejects(lstat(join(newest.hostPath, ".git/objects/info/alternates")), { code: "ENOENT" });
  const [pack = ""] = (await readdir(join(newest.hostPath, ".git/objects/pack"))).filter((name) =>
    name.endsWith("pack"),
  );
  assert.equal((await lstat(join(newest.hostPath, ".git/objects/pack", pack))).nlink, 1);
});

test("a machine without git is told as such", async (context) => {
  const bench = await openBench(context, { path: "/nonexistent" });
  await assert.rejects(bench.make(), fails("agent_unavailable", /has no program (git|rm) in its PATH/));
});

test("a ref that is not there, or is no plain name, is refused", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", { a: "1" });
  for (const ref of ["none", "--help", "-v", "HEAD..HEAD", "HEAD@{1}", ":/first", "^HEAD", "a b", "x".repeat(256)]) {
    const made = bench.make({ kind: "directory", directory, ref });
    await assert.rejects(made, fails("invalid_request", /^ref: expected a branch, tag or commit/), ref);
  }
  await git(bench.root, "init", "--quiet", "unborn");
  const unborn = { ...directory, name: "unborn", path: join(bench.root, "unborn") };
  const none = bench.make({ kind: "directory", directory: unborn });
  await assert.rejects(none, fails("invalid_request", /no commit yet/));
  const plain = await bench.directory("plain", { a: "1" });
  const ref = bench.make({ kind: "directory", directory: plain, ref: "main" });
  await assert.rejects(ref, fails("invalid_request", /no git repository/));
  assert.deepEqual(await readdir(join(bench.dataDirectory, "workspaces")), []);
});

test("nothing that a repository asks for runs when it is cloned", async (context) => {
  const bench = await openBench(context);
  const mark = join(bench.root, "ran");
  const program = join(bench.root, "evil.sh");
  await writeFile(program, `#!/bin/sh\necho "$0 $*" >> ${mark}\ncat\n`, { mode: 0o755 });
  const directory = await bench.repository("project", {
    ".gitattributes": "* filter=evil\n*.txt eol=crlf ident\n*.bin diff=evil merge=evil\n",
    "a.txt": "$Id$\n",
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::evil\n',
  });
  for (const [name, value] of Object.entries({
    "filter.evil.smudge": program,
    "filter.evil.clean": program,
    "filter.evil.process": program,
    "core.fsmonitor": program,
    "core.hooksPath": join(bench.root, "hooks"),
    "core.sshCommand": program,
    "core.pager": program,
    "uploadpack.packObjectsHook": program,
    "core.alternateRefsCommand": program,
    "diff.evil.textconv": program,
  })) {
    await git(directory.path, "config", name, value);
  }
  for (const hook of ["post-checkout", "post-update", "reference-transaction", "pre-receive", "post-index-change"]) {
    for (const folder of [join(bench.root, "hooks"), join(directory.path, ".git/hooks")]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, hook), `#!/bin/sh\necho ${hook} >> ${mark}\n`, { mode: 0o755 });
    }
  }
  const made = await bench.make({ kind: "directory", directory });
  assert.equal(await readFile(join(made.hostPath, "a.txt"), "latin1"), "$Id$\n");
  await assert.rejects(lstat(mark), { code: "ENOENT" });
  assert.deepEqual((await bench.workspaces.collect(made.id)).items, []);
});

test("a repository of which parts are missing is refused, since git would fetch them by its settings", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", { a: "1" });
  await git(directory.path, "config", "remote.origin.promisor", "true");
  await assert.rejects(bench.make({ kind: "directory", directory }), fails("conflict", /partial clone/));
});

test("a directory that is no repository is copied: its files and inner links, and nothing of git's", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.directory("plain", {
    "a/b.txt": "b",
    "c.sh": "c",
    "a/.git/config": "[remote]",
    ".env": "x",
  });
  const { path } = directory;
  await run("chmod", "755", join(path, "c.sh"));
  await symlink("../c.sh", join(path, "a/inside"));
  await symlink("/etc/passwd", join(path, "absolute"));
  await symlink("../../etc/passwd", join(path, "a/outside"));
  await symlink("a/../../x", join(path, "winding"));
  await run("mkfifo", join(path, "pipe"));
  const socket = createServer().listen(join(path, "socket"));
  context.after(() => socket.close());
  const made = await bench.make({ kind: "directory", directory });
  assert.deepEqual(await readFiles(made.hostPath), { "a/b.txt": "b", "c.sh": "c", ".env": "x" });
  assert.ok((await lstat(join(made.hostPath, "a/inside"))).isSymbolicLink());
  assert.equal((await lstat(join(made.hostPath, "c.sh"))).mode & 0o100, 0o100);
  assert.deepEqual(
    made.notes.toSorted().map((note) => note.split(" was left out")[0]),
    ["a/.git", "a/outside", "absolute", "pipe", "socket", "winding"],
  );
  assert.deepEqual((await bench.workspaces.collect(made.id)).items, []);
});

test("a source that is too large is refused, and nothing of it stays", async (context) => {
  const bench = await openBench(context);
  const files = { big: "x".repeat(3_000_000) };
  for (const directory of [await bench.directory("plain", files), await bench.repository("project", files)]) {
    const made = bench.make({ kind: "directory", directory }, { maxBytes: 2_000_000 });
    await assert.rejects(made, fails("invalid_request", /more than the 1 MiB/));
  }
  const upload = { path: "a", content: Buffer.alloc(2_000_001) };
  await assert.rejects(
    bench.make({ kind: "empty" }, { maxBytes: 2_000_000, files: [upload] }),
    fails("invalid_request", /1 MiB/),
  );
  assert.deepEqual(await readdir(join(bench.dataDirectory, "workspaces")), []);
});

test("a directory that a link has taken the place of is refused", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.directory("plain", { a: "1" });
  await run("mv", directory.path, join(bench.root, "moved"));
  await symlink("/etc", directory.path);
  await assert.rejects(bench.make({ kind: "directory", directory }), fails("conflict", /not where it was registered/));
});

test("files are laid over a repository without following its links", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", { "real/x": "1", file: "1" });
  await symlink("/tmp", join(directory.path, "link"));
  await symlink("/etc/passwd", join(directory.path, "passwd"));
  await commitAll(directory.path, "links");
  const content = Buffer.from("laid");
  const lay = (path: string) => bench.make({ kind: "directory", directory }, { files: [{ path, content }] });
  await assert.rejects(lay("link/x"), fails("invalid_request", /^files\[0\]\.path: a file or a link lies/));
  await assert.rejects(lay("file/x"), fails("invalid_request", /a file or a link lies/));
  await assert.rejects(lay("real"), fails("invalid_request", /a folder lies at its path/));
  await assert.rejects(lay("../x"), fails("invalid_request", /is "\.\."/));
  const made = await lay("passwd");
  assert.equal(await readFile(join(made.hostPath, "passwd"), "utf8"), "laid");
  assert.ok((await lstat(join(made.hostPath, "passwd"))).isFile());
  assert.deepEqual((await bench.workspaces.collect(made.id)).items, []);
});

test("every file of a workspace belongs to its owner, and what its links point at does not", async (context) => {
  const bench = await openBench(context);
  const directory = await bench.repository("project", { "a/b": "1" });
  const before = await lstat(directory.path);
  await symlink(directory.path, join(directory.path, "a/link"));
  await commitAll(directory.path, "link");
  const { hostPath } = await bench.make({ kind: "directory", directory }, { ownerIds: { uid: 61_234, gid: 61_235 } });
  const wanted = process.getuid?.() === 0 ? [61_234, 61_235] : [process.getuid?.(), process.getgid?.()];
  for (const path of ["", "a", "a/b", "a/link", ".git/config"]) {
    const { uid, gid } = await lstat(join(hostPath, path));
    assert.deepEqual([uid, gid], wanted, path);
  }
  assert.deepEqual([(await lstat(directory.path)).uid, (await lstat(directory.path)).gid], [before.uid, before.gid]);
});
