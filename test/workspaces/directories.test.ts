import type { ProfileInput } from "@gantry/contracts/access";
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import { runGantry } from "../control/run-gantry.ts";
import { openEmbedded, openOnServer } from "../control/start-admin-api.ts";
import { refusalOf, startWorkServer } from "./start-work-server.ts";

for (const [store, open] of [
  ["SQLite", openEmbedded],
  ["PostgreSQL", openOnServer],
] as const) {
  test(`${store}: an administrator registers, changes and forgets directories, and the audit has it`, async (context) => {
    const server = await startWorkServer(context, open);
    const { path } = await server.bench.directory("site", {});
    const admin = (method: string, where: string, body?: unknown) =>
      server.call("admin", method, `/v1/admin/directories${where}`, body);
    const made = await admin("POST", "", { name: "site", path: join(path, "../site/.") });
    assert.deepEqual(
      [made.status, made.json],
      [201, { name: "site", path, access: "read-only", createdAt: server.time.now }],
    );
    assert.deepEqual(refusalOf(await admin("POST", "", { name: "site", path })).slice(0, 2), [409, "conflict"]);
    const writable = await admin("PATCH", "/site", { access: "writable" });
    assert.partialDeepStrictEqual(writable.json, { name: "site", access: "writable" });
    assert.deepEqual((await admin("GET", "/site")).json, writable.json);
    const names = async (query: string) => {
      const { data, next_cursor: next } = (await admin("GET", query)).json as {
        data: { name: string }[];
        next_cursor: string;
      };
      return [data.map(({ name }) => name), next];
    };
    assert.deepEqual(await names(""), [["site", "default"], null]);
    assert.deepEqual(await names("?limit=1"), [["site"], "site"]);
    assert.deepEqual(await names("?limit=1&cursor=site"), [["default"], null]);
    assert.deepEqual((await admin("DELETE", "/site")).json, { name: "site", deleted: true });
    assert.deepEqual(refusalOf(await admin("DELETE", "/site")).slice(0, 2), [404, "not_found"]);
    const rows = await server.store.audit.read({}, 0, 20);
    assert.deepEqual(
      rows.map(({ action, target, result }) => `${action} ${target} ${result}`),
      [
        "directory.created directory:site ok",
        "directory.created directory:site refused",
        "directory.updated directory:site ok",
        "directory.removed directory:site ok",
        "directory.removed directory:site refused",
      ],
    );
  });
}

test("what cannot be registered is refused by name, and the default directory stays as it is", async (context) => {
  const server = await startWorkServer(context);
  const post = async (body: object) => refusalOf(await server.call("admin", "POST", "/v1/admin/directories", body));
  for (const [path, words] of [
    ["/", /root of the file system/],
    [server.bench.dataDirectory, /there is no such directory|data directory/],
    ["relative", /absolute path/],
    ["/nothing/here", /no such directory/],
  ] as const) {
    const [status, code, message] = await post({ name: "one", path });
    assert.deepEqual([status, code], [400, "invalid_request"]);
    assert.match(message, words);
  }
  for (const name of ["default", "Upper", "a/b", "..", ""]) {
    assert.deepEqual((await post({ name, path: server.bench.root })).slice(0, 2), [400, "invalid_request"], name);
  }
  const change = await server.call("admin", "PATCH", "/v1/admin/directories/default", { access: "writable" });
  assert.match(refusalOf(change)[2], /always read-only/);
  assert.deepEqual(refusalOf(await server.call("admin", "DELETE", "/v1/admin/directories/default")).slice(0, 2), [
    409,
    "conflict",
  ]);
  server.makeKey("plain", "prj_default", ["inference", "approve"]);
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/default"],
    ["DELETE", "/default"],
  ] as const) {
    const answer = await server.call("plain", method, `/v1/admin/directories${path}`);
    assert.deepEqual(refusalOf(answer).slice(0, 2), [403, "insufficient_scope"]);
  }
});

test("a request names a directory that its profile allows, and no path", async (context) => {
  const server = await startWorkServer(context);
  const profile: Partial<ProfileInput> = {
    filesystemAccess: "readwrite",
    workspaceSizeMb: 1,
    allowedDirectories: ["default", "none"],
  };
  server.makeKey("worker", "prj_default", ["inference"], profile);
  server.makeKey("guest", "prj_default", ["inference"], { workspaceSizeMb: 1, allowedDirectories: ["*"] });
  const make = (key: string, directory: string, size = 1) => {
    const files = [{ path: "upload", content: new Uint8Array(size) }];
    return server.makeRun(key, { kind: "directory", directory }, files);
  };
  const refused = (code: string, words: RegExp) => (error: unknown) => {
    assert.ok(error instanceof FailureError);
    assert.equal(error.failure.code, code);
    assert.match(error.failure.message, words);
    return true;
  };
  const { workspace } = await make("worker", "default");
  assert.deepEqual(workspace.base, { kind: "copy", directory: "default", commit: null });
  await assert.rejects(make("worker", "other"), refused("forbidden", /does not allow the directory other/));
  await assert.rejects(make("worker", "/etc"), refused("forbidden", /does not allow/));
  await assert.rejects(make("worker", "none"), refused("not_found", /no such directory/));
  await assert.rejects(make("guest", "default"), refused("forbidden", /gives no workspace/));
  await assert.rejects(make("worker", "default", 1_100_000), refused("invalid_request", /more than the 1 MiB/));
});

test("directories are added, listed, changed and removed from the command line", async (context) => {
  const server = await startWorkServer(context);
  const { path } = await server.bench.directory("site", {});
  const run = async (line: string) => {
    const ran = await runGantry(server.url, line.split(" "));
    assert.deepEqual([ran.code, ran.stderr], [0, ""], line);
    return ran.stdout;
  };
  assert.match(await run(`directories add site ${path} --read-only`), /name +site\npath +\S+site\naccess +read-only\n/);
  assert.match(await run("directories update site --writable"), /access +writable\n/);
  assert.match(await run("directories list"), /^NAME .*\nsite +writable .*\ndefault +read-only /);
  assert.match(await run("directories remove site"), /no longer registered/);
  const both = await runGantry(server.url, ["directories", "add", "x", path, "--read-only", "--writable"]);
  assert.deepEqual([both.code, both.stdout], [2, ""]);
  const refused = await runGantry(server.url, ["directories", "add", "x", "/"]);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /root of the file system holds everything.*\(invalid_request\)/);
});
