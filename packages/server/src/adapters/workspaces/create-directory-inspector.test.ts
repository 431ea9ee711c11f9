import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import { createDirectoryInspector } from "./create-directory-inspector.ts";

async function openHome(context: TestContext) {
  const root = await realpath(await mkdtemp(join(tmpdir(), "gantry-inspect-")));
  context.after(() => rm(root, { recursive: true }));
  const home = join(root, "home/me");
  for (const folder of [".ssh", "projects/one", ".gantry/run"]) await mkdir(join(home, folder), { recursive: true });
  const inspector = createDirectoryInspector({ dataDirectory: join(home, ".gantry"), home });
  const problem = async (path: string) =>
    await inspector.inspect(path).then(
      () => undefined,
      (error: unknown) => (error instanceof FailureError ? error.failure.message : assert.fail(String(error))),
    );
  return { root, home, inspector, problem };
}

test("a project's folder is taken, by its real path", async (context) => {
  const { home, root, inspector } = await openHome(context);
  const project = join(home, "projects/one");
  assert.equal(await inspector.inspect(project), project);
  assert.equal(await inspector.inspect(`${home}/projects/../projects/./one/`), project);
  await symlink(project, join(root, "link"));
  assert.equal(await inspector.inspect(join(root, "link")), project);
});

test("what is nobody's project is refused, and the answer says why", async (context) => {
  const { home, root, problem } = await openHome(context);
  const cases: readonly [string, RegExp][] = [
    ["/", /root of the file system/],
    ["/etc", /belongs to the system/],
    ["/proc/self", /belongs to the system/],
    ["/usr", /more than one project/],
    [home, /a home holds keys/],
    [join(root, "home"), /a home holds keys/],
    [join(home, ".ssh"), /hidden folders of a home/],
    [join(home, ".gantry"), /the server's data directory/],
    [join(home, ".gantry/run"), /the server's data directory/],
    ["projects", /absolute path/],
    ["../projects", /absolute path/],
    ["/srv\0", /zero byte/],
    [join(home, "nothing"), /there is no such directory/],
  ];
  for (const [path, expected] of cases) assert.match((await problem(path)) ?? "taken", expected, path);
  await writeFile(join(root, "file"), "");
  const elsewhere = createDirectoryInspector({ dataDirectory: join(root, "project/.data"), home });
  await mkdir(join(root, "project"));
  await assert.rejects(elsewhere.inspect(join(root, "project")), /data directory.* lies in it/);
  assert.match((await problem(join(root, "file"))) ?? "", /expected a directory/);
});

test("a link does not hide where it leads", async (context) => {
  const { home, root, problem } = await openHome(context);
  await symlink(join(home, ".ssh"), join(home, "projects/keys"));
  assert.match((await problem(join(home, "projects/keys"))) ?? "", /hidden folders/);
  await symlink("/", join(root, "all"));
  assert.match((await problem(join(root, "all"))) ?? "", /root of the file system/);
  assert.match((await problem(join(root, "all/etc"))) ?? "", /belongs to the system/);
});
