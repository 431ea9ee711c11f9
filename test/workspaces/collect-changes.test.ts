import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { chmod, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { git, layOut, openBench, run, summarise } from "./open-bench.ts";

test("what was added, changed and deleted is listed with its type, size and digest", async (context) => {
  const { make, repository, workspaces, root } = await openBench(context);
  const directory = await repository("project", {
    "keep.txt": "k",
    "edit.md": "old",
    "sub/gone.txt": "g",
    "tool.sh": "t",
  });
  const { id, hostPath } = await make({ kind: "directory", directory });
  await layOut(hostPath, { "edit.md": "new\n", "out/report.json": "{}", "same.txt": "s" });
  await rm(join(hostPath, "same.txt"));
  await rm(join(hostPath, "sub"), { recursive: true });
  await chmod(join(hostPath, "tool.sh"), 0o755);
  await symlink("edit.md", join(hostPath, "link"));
  await writeFile(join(hostPath, "keep.txt"), "k"); // Written again, and the same.
  const list = await workspaces.collect(id);
  assert.deepEqual(summarise(list), {
    changes: ["modified edit.md", "added link", "added out/report.json", "deleted sub/gone.txt", "modified tool.sh"],
    notes: [],
  });
  assert.equal(list.complete, true);
  const report = list.items.find(({ path }) => path === "out/report.json");
  assert.deepEqual(report, {
    id: `art_${hash("sha256", "out/report.json").slice(0, 24)}`,
    path: "out/report.json",
    pathBytes: null,
    change: "added",
    kind: "file",
    mediaType: "application/json",
    size: 2,
    digest: `sha256:${hash("sha256", "{}")}`,
    executable: false,
    target: null,
  });
  assert.deepEqual(await workspaces.artifacts(id), list);
  assert.partialDeepStrictEqual(list.items, [{ kind: "file" }, { kind: "symlink", target: "edit.md", digest: null }]);
  assert.ok(!JSON.stringify(list).includes(root));
});

test("git in a workspace is the agent's own: nothing it asks for runs, and what it commits changes nothing", async (context) => {
  const { make, repository, workspaces, root } = await openBench(context);
  const directory = await repository("project", { "a.txt": "one\n", ".gitignore": "" });
  const { id, hostPath } = await make({ kind: "directory", directory });
  const mark = join(root, "ran");
  const evil = join(root, "evil.sh");
  await writeFile(evil, `#!/bin/sh\necho "$0" >> ${mark}\ncat\n`, { mode: 0o755 });
  await layOut(hostPath, { "a.txt": "two\n", "new.txt": "n\n" });
  await git(hostPath, "add", "-A");
  await git(hostPath, "commit", "--quiet", "-m", "by the agent");
  await layOut(hostPath, {
    ".gitattributes": "* filter=evil diff=evil\n",
    ".gitignore": "new.txt\n",
    "bin.dat": "\0\u0001",
  });
  for (const name of [
    "filter.evil.clean",
    "filter.evil.smudge",
    "diff.evil.textconv",
    "diff.external",
    "core.fsmonitor",
  ]) {
    await git(hostPath, "config", name, evil);
  }
  for (const hook of ["pre-commit", "post-commit", "post-checkout", "fsmonitor-watchman", "post-index-change"]) {
    await layOut(hostPath, { [`.git/hooks/${hook}`]: `#!/bin/sh\necho ${hook} >> ${mark}\n` });
    await chmod(join(hostPath, ".git/hooks", hook), 0o755);
  }
  const { changes } = summarise(await workspaces.collect(id));
  const expected = ["added .gitattributes", "modified .gitignore", "modified a.txt", "added bin.dat", "added new.txt"];
  assert.deepEqual(changes, expected);
  const { patch } = await workspaces.diff(id);
  assert.match(patch, /-one\n\+two\n/);
  assert.match(patch, /Binary files \/dev\/null and b\/bin\.dat differ/);
  await assert.rejects(lstat(mark), { code: "ENOENT" });
});

test("links are told and never followed; those that lead out are not exported", async (context) => {
  const { make, workspaces, root } = await openBench(context);
  const { id, hostPath } = await make();
  await layOut(root, { "secret/key": "secret of the host" });
  await mkdir(join(hostPath, "sub"));
  const links = {
    abs: "/etc/passwd",
    "sub/out": "../../secret/key",
    "sub/ok": "../x",
    dir: join(root, "secret"),
    git: ".git/config",
  };
  for (const [name, target] of Object.entries(links)) await symlink(target, join(hostPath, name));
  const list = await workspaces.collect(id);
  assert.deepEqual(summarise(list), {
    changes: ["added abs", "added dir", "added git", "added sub/ok", "added sub/out"],
    notes: list.notes.map(({ path }) => `points_outside ${path}`),
  });
  assert.deepEqual(list.notes.map(({ path }) => path).toSorted(), ["abs", "dir", "git", "sub/out"]);
  assert.equal(list.complete, false);
  assert.deepEqual(
    list.items.map(({ target }) => target),
    [null, null, null, "../x", null],
  );
  assert.doesNotMatch(JSON.stringify([list, await workspaces.diff(id)]), /secret of the host|gantry-workspaces/);
});

test("pipes, sockets and devices are noted and never opened", async (context) => {
  const { make, workspaces } = await openBench(context);
  const { id, hostPath } = await make();
  await run("mkfifo", join(hostPath, "pipe"));
  const socket = createServer().listen(join(hostPath, "socket"));
  context.after(() => socket.close());
  const expected = ["no_file pipe", "no_file socket"];
  // Only root makes devices; where this is not root there is nothing to see.
  if (process.getuid?.() === 0) {
    await run("mknod", join(hostPath, "zero"), "c", "1", "5");
    expected.push("no_file zero");
  }
  const { changes, notes } = summarise(await workspaces.collect(id));
  assert.deepEqual([changes, notes.toSorted()], [[], expected]);
});

test("a nested repository is noted, its files are exported, its insides are not", async (context) => {
  const { make, workspaces } = await openBench(context);
  const { id, hostPath } = await make();
  await layOut(hostPath, { "inner/code.ts": "1", "other/.git": "gitdir: /etc\n", "upper/.GIT/config": "x" });
  await git(join(hostPath, "inner"), "init", "--quiet");
  const list = summarise(await workspaces.collect(id));
  assert.deepEqual(list.changes, ["added inner/code.ts"]);
  const names = ["inner/.git", "other/.git", "upper/.GIT"];
  assert.deepEqual(
    list.notes.toSorted(),
    names.map((name) => `nested_repository ${name}`),
  );
});

test("names with newlines, quotes and bytes that are no UTF-8 come through", async (context) => {
  const { make, workspaces } = await openBench(context);
  const { id, hostPath } = await make();
  const odd = Buffer.from("b\xff\xfe\"'\\.txt", "latin1");
  await writeFile(join(hostPath, 'new\nline "x"\t.md'), "1");
  await writeFile(Buffer.concat([Buffer.from(`${hostPath}/`), odd]), "2");
  await writeFile(join(hostPath, "-rf"), "3");
  const { items, complete } = await workspaces.collect(id);
  assert.deepEqual(
    items.map(({ path, pathBytes }) => [path, pathBytes]),
    [
      ["-rf", null],
      ["b\uFFFD\uFFFD\"'\\.txt", odd.toString("base64")],
      ['new\nline "x"\t.md', null],
    ],
  );
  assert.equal(complete, true);
  const { patch } = await workspaces.diff(id);
  assert.match(patch, /b\/new\\nline \\"x\\"\\t\.md"/);
  assert.match(patch, /b\/b\\377\\376/);
});

test("ten thousand files, a very deep folder and a path of 4,096 characters are taken within bounds", async (context) => {
  const { make, workspaces } = await openBench(context);
  const { id, hostPath } = await make();
  const part = "d".repeat(200);
  // As an agent makes them: one step at a time, so that no path is too long for a call.
  const script = `
    for i in $(seq 100); do mkdir m$i; (cd m$i; for j in $(seq 100); do : > $j; done); done
    echo deep > here; for i in $(seq 21); do mkdir ${part}; cd -P ${part}; done; echo x > file; cd "$0"
    for i in $(seq 200); do mkdir e; cd -P e; done; echo x > file`;
  await run("/bin/bash", "-c", `cd "$0" && ${script}`, hostPath);
  const list = await workspaces.collect(id);
  assert.equal(list.items.length, 10_001);
  const { notes } = summarise(list);
  assert.deepEqual(
    notes.map((note) => note.split(" ")[0]),
    ["too_deep", "too_deep"],
  );
  await workspaces.remove(id);
  await workspaces.stop();
  await assert.rejects(lstat(hostPath), { code: "ENOENT" });
  await assert.rejects(lstat(`${hostPath}.removing`), { code: "ENOENT" });
});
