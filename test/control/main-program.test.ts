import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ensureBuilt } from "../../bin/launch/build.mjs";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Ran } from "./run-gantry.ts";
import { startAdminApi } from "./start-admin-api.ts";

const program = await ensureBuilt(join(import.meta.dirname, "..", ".."));

/** Runs the program as a person does. */
function gantry(argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...argv],
      { env: { HOME: "/nonexistent", ...env } },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });
}

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-program-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("the program finds its server and its key in the environment, or the key in the data directory", async (context) => {
  const api = await startAdminApi(context);
  const data = join(await temporaryFolder(context), "data");
  await mkdir(data);
  await writeFile(join(data, "admin.key"), "admin\n");
  const listed = await gantry(["projects", "list", "--json"], { GANTRY_URL: api.url, GANTRY_API_KEY: "admin" });
  assert.deepEqual([listed.code, listed.stderr], [0, ""]);
  assert.equal(JSON.parse(listed.stdout).data[0].name, "default");
  const found = await gantry(["projects", "show", "default", "--url", `${api.url}/`, "--data", data]);
  assert.deepEqual([found.code, found.stderr], [0, ""]);
});

test("exit codes: 0 for help, 1 where it was refused, 2 for a mistake on the command line", async () => {
  const [help, refused, mistake] = await Promise.all([
    gantry(["budgets", "create", "--help"]),
    // Port 9 is nobody's on loopback.
    gantry(["keys", "list"], { GANTRY_URL: "http://127.0.0.1:9", GANTRY_API_KEY: "k" }),
    gantry(["keys", "crate"]),
  ]);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  assert.match(help.stdout, /Usage: gantry budgets create \[flags\]/);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^gantry: no server answers at http:\/\/127\.0\.0\.1:9 \([^\n]+\n$/);
  assert.equal(mistake.code, 2);
  assert.match(mistake.stderr, /^gantry: keys: unknown "crate" \(did you mean "create"\?\)[^\n]+\n$/);
});

test("a store is copied while it is in use, and put back where no server has it, or can be asked", async (context) => {
  const folder = await temporaryFolder(context);
  const [data, copy] = [join(folder, "data"), join(folder, "copy.db")];
  const open = () => openSqliteStore({ directory: data, clock: systemClock, onFailure: assert.fail });
  const store = await open();
  await store.control.createProject("prj_before", { name: "before" }, 1);
  const made = await gantry(["backup", copy, "--data", data]);
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  await store.control.createProject("prj_after", { name: "after" }, 2);

  // The directory is held, but no server answers.
  await writeFile(join(data, "admin.key"), "gk_admin_x\n");
  const busy = await gantry(["restore", copy, "--data", data, "--url", "http://127.0.0.1:9"]);
  assert.equal(busy.code, 1);
  assert.match(busy.stderr, /^gantry: the server that has [^\n]* cannot be asked: no server answers at [^\n]*\n$/);
  assert.ok((await readdir(data)).every((name) => !name.includes("restore")));
  await store.close();
  const restored = await gantry(["restore", copy, "--data", data]);
  assert.deepEqual([restored.code, restored.stderr], [0, ""]);
  assert.match(restored.stdout, /The one that was there stays as /);

  const again = await open();
  assert.equal((await again.control.findProject("before"))?.id, "prj_before");
  assert.equal(await again.control.findProject("after"), undefined);
  await again.close();
  const resting = await gantry(["backup", join(folder, "second.db"), "--data", data]);
  assert.deepEqual([resting.code, resting.stderr], [0, ""]);
});
