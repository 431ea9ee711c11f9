import type { RegisteredDirectory } from "@gantry/contracts/directories";
import type { ArtifactList } from "@gantry/contracts/workspaces";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { FailureError, type ErrorCode } from "@gantry/contracts/errors";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { silentLog } from "../../packages/server/src/core/ports/test-driver.ts";
import type { Workspace, WorkspaceRequest, Workspaces } from "../../packages/server/src/core/ports/workspaces.ts";
import { createProgramRunner } from "../../packages/server/src/adapters/process/program-runner.ts";
import type { CollectLimits } from "../../packages/server/src/adapters/workspaces/collect-changes.ts";
import { createDirectoryInspector } from "../../packages/server/src/adapters/workspaces/create-directory-inspector.ts";
import { createWorkspaces } from "../../packages/server/src/adapters/workspaces/create-workspaces.ts";

/** Real folders and the real git, in a folder of the test's own. */
export interface TestBench {
  /** Nothing is in it but what the test puts there. */
  readonly root: string;
  readonly dataDirectory: string;
  readonly workspaces: Workspaces;
  /** Another server on the same data directory, as after a crash. */
  reopen(): Workspaces;
  make(source?: WorkspaceRequest["source"], changes?: Partial<WorkspaceRequest>): Promise<Workspace>;
  /** Lays files into a folder of the root, which need not be there, and gives it as a registered directory. */
  directory(name: string, files: Readonly<Record<string, string>>): Promise<RegisteredDirectory>;
  /** The same as a git repository, with all in one commit. */
  repository(name: string, files: Readonly<Record<string, string>>): Promise<RegisteredDirectory>;
  /** Programs that were started so far. */
  readonly started: readonly string[];
  /** What the clock says. */
  readonly time: { now: number };
}

export interface TestOptions {
  readonly limits?: CollectLimits;
  readonly maxDiffBytes?: number;
  /** The value of `PATH`, where programs are looked for. */
  readonly path?: string;
}

export const path = process.env["PATH"] ?? "";

export async function openBench(context: TestContext, options: TestOptions = {}): Promise<TestBench> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "gantry-workspaces-")));
  const dataDirectory = join(root, "data");
  const time = { now: Date.UTC(2026, 10, 20, 12) };
  const open: Workspaces[] = [];
  const started: string[] = [];
  const runner = createProgramRunner(systemClock);
  let made = 0;
  function reopen(): Workspaces {
    const workspaces = createWorkspaces({
      dataDirectory,
      runner: {
        run(program) {
          started.push(program.command);
          return runner.run(program);
        },
      },
      path,
      inspector: createDirectoryInspector({ dataDirectory, home: join(root, "home") }),
      clock: { ...systemClock, epoch: () => time.now },
      log: silentLog,
      createId: () => `wksp_${String((made += 1)).padStart(24, "a")}`,
      retentionMs: 1000,
      ...options,
    });
    open.push(workspaces);
    return workspaces;
  }
  const workspaces = reopen();
  context.after(async () => {
    for (const each of open) await each.stop();
    await run("/bin/rm", "-rf", root);
  });

  async function directory(name: string, files: Readonly<Record<string, string>>): Promise<RegisteredDirectory> {
    const folder = join(root, name);
    await mkdir(folder, { recursive: true });
    await layOut(folder, files);
    return { name, path: folder, access: "writable", createdAt: 0 };
  }

  return {
    root,
    dataDirectory,
    workspaces,
    reopen,
    time,
    started,
    make: (source = { kind: "empty" }, changes = {}) =>
      workspaces.create({ owner: { kind: "run", id: "run_one" }, projectId: "prj_default", source, ...changes }),
    directory,
    async repository(name, files) {
      const made = await directory(name, files);
      await git(made.path, "init", "--quiet", "--initial-branch=main");
      await commitAll(made.path, "first");
      return made;
    },
  };
}

/** Files by path; a folder is made where it is missing. */
export async function layOut(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Runs a program and gives its output; rejects where it fails. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const env = { PATH: path, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" };
  const { stdout } = await promisify(execFile)(command, args, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

export async function git(folder: string, ...args: string[]): Promise<string> {
  const who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@localhost", "-c", "safe.directory=*"];
  return await run("git", "-C", folder, ...who, ...args);
}

export async function commitAll(folder: string, message: string): Promise<string> {
  await git(folder, "add", "-A");
  await git(folder, "commit", "--quiet", "--allow-empty", "-m", message);
  return (await git(folder, "rev-parse", "HEAD")).trim();
}

/** Every file below a folder with its content, but for `.git`; links as `-> target`. */
export async function readFiles(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const whole = join(entry.parentPath, entry.name);
    const relative = whole.slice(folder.length + 1);
    if (entry.isFile() && !/(^|\/)\.git\//.test(relative)) found[relative] = await readFile(whole, "utf8");
  }
  return found;
}

/** `change path` of each artifact, and `code path` of each note. */
export function summarise({ items, notes }: ArtifactList): { readonly changes: string[]; readonly notes: string[] } {
  return {
    changes: items.map(({ change, path: where }) => `${change} ${where}`),
    notes: notes.map(({ code, path: where }) => `${code} ${where ?? "-"}`),
  };
}

/** For `assert.rejects`: a failure of that code whose message has those words, and names no path of the host. */
export function fails(code: ErrorCode, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof FailureError, String(error));
    assert.equal(error.failure.code, code, error.failure.message);
    assert.match(error.failure.message, words);
    assert.ok(!error.failure.message.includes("gantry-workspaces-"), error.failure.message);
    return true;
  };
}
