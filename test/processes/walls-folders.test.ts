import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import type { WallsSpec } from "../../packages/server/src/core/ports/walls-spec.ts";
import { hostFor, runToEnd, shell, temporaryFolderFor } from "./hosting.ts";

const isRoot = process.getuid?.() === 0;

/** Walls of one owner, without a network. */
function walls(more: Partial<WallsSpec> = {}): WallsSpec {
  return { owner: "project_a", network: { kind: "none" }, ...more };
}

function isRefused(words: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof FailureError && error.failure.code === "walls_unavailable" && words.test(error.message);
}

async function openHost(t: TestContext) {
  const host = await hostFor(t, "bubblewrap");
  /** A folder as the server makes it: in its own data directory, for its own user alone. */
  function makeWorkspace(): string {
    const folder = mkdtempSync(join(host.dataDirectory, "workspace-"));
    writeFileSync(join(folder, "given"), "old\n", { mode: 0o600 });
    return folder;
  }
  const run = async (script: string, spec: WallsSpec) =>
    (await runToEnd(await host.spawn({ ...shell(script), walls: spec }))).lines;
  return { ...host, makeWorkspace, run };
}

test("a writable workspace is where the program starts, and what it writes stays", async (t) => {
  const { makeWorkspace, run } = await openHost(t);
  const hostPath = makeWorkspace();
  const script = "pwd; cat given; echo new > given; mkdir -p deep; echo x > deep/made; ls -A";
  const lines = await run(script, walls({ workspace: { hostPath, writable: true } }));
  assert.deepEqual(lines, ["/home/agent/work", "old", "deep", "given"]);
  assert.equal(readFileSync(join(hostPath, "given"), "utf8"), "new\n");
  assert.equal(readFileSync(join(hostPath, "deep/made"), "utf8"), "x\n");
});

test("a read-only workspace can be read and nothing in it changed", async (t) => {
  const { makeWorkspace, run } = await openHost(t);
  const hostPath = makeWorkspace();
  const script =
    "cat given; (echo new > given) || echo no; (echo > made) || echo no; rm -f given || echo no; chmod 777 . || echo no";
  const lines = await run(script, walls({ workspace: { hostPath, writable: false } }));
  assert.deepEqual(lines, ["old", "no", "no", "no", "no"]);
  assert.equal(readFileSync(join(hostPath, "given"), "utf8"), "old\n");
});

test("further folders show where they were asked for, each as it may be used", async (t) => {
  const { makeWorkspace, run } = await openHost(t);
  const [library, output] = [temporaryFolderFor(t), temporaryFolderFor(t)];
  writeFileSync(join(library, "book"), "words\n");
  for (const folder of [library, output]) makeOpen(folder);
  const folders = [
    { hostPath: library, writable: false, insidePath: "/mnt/library/one" },
    { hostPath: output, writable: true, insidePath: "/home/agent/output" },
  ];
  const script =
    "cat /mnt/library/one/book; (echo > /mnt/library/one/x) || echo no; echo y > ~/output/y; (echo > /mnt/z) || echo no";
  const lines = await run(script, walls({ workspace: { hostPath: makeWorkspace(), writable: true }, folders }));
  assert.deepEqual(lines, ["words", "no", "no"]);
  assert.equal(readFileSync(join(output, "y"), "utf8"), "y\n");
});

test("the server's own data stays hidden in a folder that lies around it", async (t) => {
  const { dataDirectory, run } = await openHost(t);
  writeFileSync(join(dataDirectory, "admin.key"), "secret");
  const name = dataDirectory.split("/").at(-1) ?? "";
  const around = { hostPath: join(dataDirectory, ".."), writable: false, insidePath: "/mnt/around" };
  const lines = await run(`ls /mnt/around | grep -c ${name}; ls -A /mnt/around/${name}`, walls({ folders: [around] }));
  assert.deepEqual(lines, ["1"]);
});

test("folders that are missing, linked, the server's own or in the way of the walls are refused", async (t) => {
  const { dataDirectory, makeWorkspace, run } = await openHost(t);
  const hostPath = makeWorkspace();
  const link = join(dataDirectory, "link");
  symlinkSync(hostPath, link);
  for (const path of [join(dataDirectory, "missing"), link, join(link, "."), "relative", join(hostPath, "given")]) {
    await assert.rejects(
      run("true", walls({ workspace: { hostPath: path, writable: true } })),
      isRefused(/is not there/),
    );
  }
  for (const path of [dataDirectory, "/"]) {
    await assert.rejects(run("true", walls({ workspace: { hostPath: path, writable: false } })), isRefused(/own data/));
  }
  const places = [
    "/",
    "/etc",
    "/usr/x",
    "/bin",
    "/proc/x",
    "/dev",
    "/tmp",
    "/home",
    "/home/agent",
    "/home/agent/work",
    "x",
    "/a/../b",
    "/a/",
  ];
  for (const insidePath of places) {
    const spec = walls({ folders: [{ hostPath, writable: false, insidePath }] });
    await assert.rejects(run("true", spec), isRefused(/belongs to the walls/), insidePath);
  }
});

test(
  "the programs of an owner share a user that no other owner has, and chats have one each",
  { skip: !isRoot },
  async (t) => {
    const host = await openHost(t);
    const idOf = async (owner: string): Promise<string | undefined> =>
      (await host.run("id -u; id -G", { ...walls(), owner }))[0];
    const [first, again, other] = [await idOf("project_a"), await idOf("project_a"), await idOf("project_b")];
    assert.equal(first, again);
    assert.notEqual(first, other);
    const chats = await Promise.all([1, 2].map(() => host.spawn(shell("id -u; read go"))));
    const numbers = chats.map(({ pid }) => pid);
    assert.equal(new Set(numbers).size, 2);
    const ended = chats.map((chat) => runToEnd(chat));
    for (const chat of chats) await chat.writeLine("go");
    const ids = (await Promise.all(ended)).map(({ lines }) => lines[0]);
    assert.equal(new Set([...ids, first, other]).size, 4);
  },
);

test("the workspace of one owner is nothing to another, even where its path is known", { skip: !isRoot }, async (t) => {
  const host = await openHost(t);
  const hostPath = host.makeWorkspace();
  await host.run("true", walls({ workspace: { hostPath, writable: true } }));
  const { uid } = statSync(hostPath);
  assert.notEqual(uid, 0);
  const lines = await host.run(`cat ${hostPath}/given || echo no; id -u`, { ...walls(), owner: "project_b" });
  assert.equal(lines[0], "no");
  assert.notEqual(lines[1], String(uid));
});

test("an ability that this machine lacks is refused when it is required, with the reason", async (t) => {
  const host = await hostFor(t, "none");
  const spawn = host.spawn({ ...shell("true"), walls: walls({ requires: ["files"] }) });
  await assert.rejects(spawn, isRefused(/files.*without a sandbox/));
  const walled = await hostFor(t, "bubblewrap");
  const held = await walled.spawn({ ...shell("true"), walls: walls({ requires: ["files", "network", "processes"] }) });
  assert.equal(held.walls.kind, "bubblewrap");
  await held.exited;
});

/** Open to anybody, as a folder of the host that is registered for programs of other users has to be. */
function makeOpen(folder: string): void {
  chmodSync(folder, 0o777);
}
