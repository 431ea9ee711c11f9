import type { ProfileInput } from "@gantry/contracts/access";
import type { AppliedChange, Artifact, WorkspaceDiff } from "@gantry/contracts/workspaces";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { layOut, readFiles } from "./open-bench.ts";
import { runGantry } from "../control/run-gantry.ts";
import { refusalOf, startWorkServer } from "./start-work-server.ts";

const worker: Partial<ProfileInput> = {
  filesystemAccess: "readwrite",
  workspaceSizeMb: 10,
  allowedDirectories: ["site"],
};

/** A run of the key `worker` that changed a repository and was collected. */
async function startWithWork(context: TestContext) {
  const server = await startWorkServer(context);
  const { bench, control } = server;
  const { path } = await bench.repository("site", { "a.txt": "one\n", "old.txt": "o\n" });
  const body = { name: "site", path, access: "writable" };
  assert.equal((await server.call("admin", "POST", "/v1/admin/directories", body)).status, 201);
  const { id: otherProject } = await control.projects.create(
    { id: "admin", address: null, policy: null },
    { name: "other" },
  );
  server.makeKey("worker", "prj_default", ["inference"], worker);
  server.makeKey("approver", "prj_default", ["approve"], worker);
  server.makeKey("bystander", "prj_default", ["approve"]);
  server.makeKey("stranger", otherProject, ["inference", "approve"], worker);
  const { id, workspace } = await server.makeRun("worker", { kind: "directory", directory: "site" });
  await layOut(workspace.hostPath, { "a.txt": "two\n", 'out/é "x".html': "<script>", "b.txt": "b\n" });
  await rm(join(workspace.hostPath, "old.txt"));
  await symlink("a.txt", join(workspace.hostPath, "link"));
  await bench.workspaces.collect(workspace.id);
  return { ...server, path, id, workspace };
}

test("what a run made is listed page by page and downloaded, after its workspace is gone too", async (context) => {
  const { call, url, id, workspace, bench } = await startWithWork(context);
  await bench.workspaces.remove(workspace.id);
  const all = await call("worker", "GET", `/v1/runs/${id}/artifacts`);
  const { data, ...rest } = all.json as { data: Artifact[] };
  assert.deepEqual(rest, { next_cursor: null, notes: [], complete: true, collectedAt: bench.time.now });
  const changes = ["modified a.txt", "added b.txt", "added link", "deleted old.txt", 'added out/é "x".html'];
  assert.deepEqual(
    data.map(({ change, path }) => `${change} ${path}`),
    changes,
  );
  assert.ok(!all.text.includes(bench.root));
  const seen: string[] = [];
  for (let cursor = ""; seen.length < 9;) {
    const page = await call("worker", "GET", `/v1/runs/${id}/artifacts?limit=2${cursor}`);
    const { data: rows, next_cursor: next } = page.json as { data: Artifact[]; next_cursor: string | null };
    seen.push(...rows.map(({ path }) => path));
    if (next === null) break;
    cursor = `&cursor=${next}`;
  }
  assert.deepEqual(
    seen,
    data.map(({ path }) => path),
  );

  const page = data.at(-1) ?? assert.fail();
  for (const name of [page.id, encodeURIComponent(page.path)]) {
    const { status, headers, text } = await call("worker", "GET", `/v1/runs/${id}/artifacts/${name}`);
    assert.deepEqual([status, text, headers.get("content-type")], [200, "<script>", "text/html; charset=utf-8"]);
    assert.equal(
      headers.get("content-disposition"),
      `attachment; filename="_ _x_.html"; filename*=UTF-8''%C3%A9%20%22x%22.html`,
    );
    assert.deepEqual([headers.get("x-content-type-options"), headers.get("content-length")], ["nosniff", "8"]);
  }
  const archive = await fetch(`${url}/v1/runs/${id}/artifacts.tar.gz`, { headers: { authorization: "Bearer worker" } });
  const file = join(bench.root, "archive.tar.gz");
  await writeFile(file, Buffer.from(await archive.arrayBuffer()));
  await layOut(bench.root, { "unpacked/.keep": "" });
  await promisify(execFile)("tar", ["-xzf", file, "-C", join(bench.root, "unpacked")]);
  const unpacked = { ".keep": "", "a.txt": "two\n", "b.txt": "b\n", 'out/é "x".html': "<script>" };
  assert.deepEqual(await readFiles(join(bench.root, "unpacked")), unpacked);

  for (const name of ["art_none", "old.txt", "link", "..%2F..%2Fetc%2Fpasswd", data[3]?.id]) {
    const answer = await call("worker", "GET", `/v1/runs/${id}/artifacts/${name}`);
    assert.deepEqual(refusalOf(answer).slice(0, 2), [404, "not_found"], name);
  }
});

test("a run's work is seen by its project alone, and landed by a key that may approve and use the directory", async (context) => {
  const { call, id, path, store } = await startWithWork(context);
  const reads = ["artifacts", "artifacts/a.txt", "artifacts.tar.gz", "diff"].map((what) => `/v1/runs/${id}/${what}`);
  for (const read of reads) {
    assert.equal((await call("bystander", "GET", read)).status, 200, read);
    assert.deepEqual(refusalOf(await call("stranger", "GET", read)).slice(0, 2), [404, "not_found"], read);
  }
  const apply = async (key: string, body: object = {}) => await call(key, "POST", `/v1/runs/${id}/apply`, body);
  assert.deepEqual(refusalOf(await apply("worker")).slice(0, 2), [403, "insufficient_scope"]);
  assert.deepEqual(refusalOf(await apply("stranger")).slice(0, 2), [404, "not_found"]);
  assert.match(refusalOf(await apply("bystander"))[2], /does not allow the directory site/);
  assert.deepEqual(refusalOf(await apply("approver", { digest: "sha256:x" })).slice(0, 2), [400, "invalid_request"]);
  const other = `sha256:${"0".repeat(64)}`;
  assert.match(refusalOf(await apply("approver", { digest: other }))[2], /read it again/);
  assert.deepEqual(await readFiles(path), { "a.txt": "one\n", "old.txt": "o\n" });

  const diff = (await call("approver", "GET", `/v1/runs/${id}/diff`)).json as WorkspaceDiff;
  assert.match(diff.patch, /^diff --git a\/a\.txt b\/a\.txt\n[^]*-one\n\+two\n/);
  assert.deepEqual([diff.directory, diff.truncated, diff.complete, diff.appliedAt], ["site", false, true, null]);
  const applied = (await apply("approver", { digest: diff.digest })).json as AppliedChange;
  assert.deepEqual([applied.directory, applied.changes], ["site", { added: 3, modified: 1, deleted: 1 }]);
  assert.deepEqual(await readFiles(path), { "a.txt": "two\n", "b.txt": "b\n", 'out/é "x".html': "<script>" });
  assert.match(refusalOf(await apply("approver"))[2], /landed before/);
  const rows = await store.audit.read({ action: "run.applied" }, 0, 9);
  assert.deepEqual(
    rows.map(({ actor, result, detail }) => [actor, result, detail]),
    [
      ["bystander", "refused", "forbidden"],
      ["approver", "refused", "conflict"],
      ["approver", "ok", null],
      ["approver", "refused", "conflict"],
    ],
  );
});

test("a run without a workspace, or of which nothing was collected, has no work to show", async (context) => {
  const { call, bench, makeRun } = await startWithWork(context);
  const { id } = (await call("worker", "POST", "/v1/runs", {})).json as { id: string };
  const fresh = await makeRun("worker", { kind: "empty" });
  for (const run of [id, fresh.id, "run_none"]) {
    for (const what of ["artifacts", "diff", "artifacts.tar.gz"]) {
      assert.deepEqual(refusalOf(await call("worker", "GET", `/v1/runs/${run}/${what}`)).slice(0, 2), [
        404,
        "not_found",
      ]);
    }
  }
  await bench.workspaces.collect(fresh.workspace.id);
  const list = await call("worker", "GET", `/v1/runs/${fresh.id}/artifacts`);
  assert.partialDeepStrictEqual(list.json, { data: [], complete: true });
  assert.match(refusalOf(await call("admin", "POST", `/v1/runs/${fresh.id}/apply`, {}))[2], /began with no directory/);
});

test("a run's work is shown and landed from the command line", async (context) => {
  const { url, id, path } = await startWithWork(context);
  const run = async (line: string) => {
    const ran = await runGantry(url, line.split(" "));
    assert.deepEqual([ran.code, ran.stderr], [0, ""], line);
    return ran.stdout;
  };
  assert.match(await run(`runs artifacts ${id}`), /^CHANGE +PATH +SIZE +TYPE\nmodified +a\.txt +4 +text\/plain/);
  assert.match(await run(`runs diff ${id}`), /-one\n\+two\n[^]*3 added, 1 modified, 1 deleted\n$/);
  await writeFile(join(path, "a.txt"), "mine\n");
  const refused = await runGantry(url, ["apply", id]);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /The directory has moved since the run began: a\.txt\..*\(conflict\)/);
  await writeFile(join(path, "a.txt"), "one\n");
  assert.match(
    await run(`apply ${id}`),
    /\+two\n[^]*Landed in the directory site: 3 added, 1 modified, 1 deleted\.\n$/,
  );
  assert.equal((await readFiles(path))["a.txt"], "two\n");
});
