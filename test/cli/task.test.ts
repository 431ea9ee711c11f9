import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createGantry, type Gantry as Client } from "../../packages/sdk/src/index.ts";
import { runAtTerminal } from "../harness/pseudo-terminal.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { runCli } from "./run-cli.ts";

describe("gantry task, against a server with the demo model", () => {
  let gantry: Gantry;
  let client: Client;
  let env: Record<string, string>;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gantry-cli-"));
    gantry = await startGantry();
    client = createGantry({ baseUrl: gantry.url, apiKey: gantry.key });
    env = { PATH: process.env["PATH"] ?? "", HOME: folder, GANTRY_URL: gantry.url, GANTRY_API_KEY: gantry.key };
    await client.admin.profiles.put("asks", {
      allowedTools: ["Write"],
      allowedModels: ["*"],
      toolRules: [{ tool: "Write", action: "ask" }],
      maxConcurrentTasks: 9,
      maxExecutionSeconds: 600,
      maxCostPerTaskMicros: 5_000_000,
      filesystemAccess: "readwrite",
      workspaceSizeMb: 100,
    });
  });
  after(async () => {
    await gantry.stop();
    await rm(folder, { recursive: true });
  });

  const run = (argv: readonly string[], input = "", extra: Record<string, string> = {}) =>
    runCli(argv, { ...env, ...extra }, input);
  async function makeAskingKey(): Promise<string> {
    const scopes = ["tasks" as const, "approve" as const];
    return (
      await client.admin.keys.create({ name: "asks", projectId: "default", profile: "asks", scopes: [...scopes] })
    ).key;
  }

  test("through pipes the result alone is on standard output, with what was made and changed beside it", async () => {
    const text = '[[demo:tool Bash {"command":"echo 42 > answer.txt"}]] [[demo:say It is \u009b2J\u202ethere.]]';
    const told = await run(["task", "-", "--tools", "Bash", "--model", "haiku", "--budget", "0.50"], text);
    assert.deepEqual([told.code, told.stdout], [0, "It is \uFFFD2J\uFFFDthere.\n"], told.stderr);
    assert.match(told.stderr, /^task_\w+ \(.*haiku.*\), at most \$0\.5 and 300 s of work\n/);
    assert.match(told.stderr, /▸ bash echo 42 > answer\.txt\n/i);
    assert.match(told.stderr, /CHANGE +PATH +BYTES\nadded +answer\.txt +3\n/);
    assert.match(told.stderr, /\n\+42\n/);
    assert.match(told.stderr, /completed task_\w+, 0:\d\d, \d+ tokens, \$0\.\d{4}\n$/);
    assert.ok(!told.stderr.includes("\u001B"));
  });

  test("--json prints one object, the exit code tells the end, and --detach leaves", async () => {
    const [done, failed, used, detached] = await Promise.all([
      run(["task", "[[demo:say \u009b31mDone.]]", "--model", "haiku", "--json"]),
      run(["task", "[[demo:status 400]]", "--model", "haiku", "--json"]),
      run([
        "task",
        '[[demo:tool Bash {"command":"true"}]]',
        "--tools",
        "Bash",
        "--model",
        "haiku",
        "--budget",
        "0.000001",
      ]),
      run(["task", "[[demo:hang]]", "--model", "haiku", "--detach"]),
    ]);
    assert.deepEqual([done.code, done.stderr], [0, ""]);
    assert.ok(!done.stdout.includes("\u009b"));
    const told = JSON.parse(done.stdout);
    assert.deepEqual([told.status, told.result.full_output, told.diff], ["completed", "\u009b31mDone.", null]);
    assert.deepEqual([failed.code, JSON.parse(failed.stdout).status], [3, "failed"]);
    assert.equal(used.code, 5, used.stderr);
    assert.match(detached.stdout, /^task_\w+\n$/);
    assert.equal((await client.tasks.cancel(detached.stdout.trim())).task_id, detached.stdout.trim());
  });

  test("what cannot be is said in one line that says what to do", async () => {
    const [nothing, wrong, none, stranger, refused] = await Promise.all([
      run(["task"]),
      run(["task", "x", "--budget", "much"]),
      run(["task", "x"], "", { GANTRY_URL: "http://127.0.0.1:9" }),
      run(["task", "x"], "", { GANTRY_API_KEY: "gk_none" }),
      run(["task", "x", "--directory", "no-such"]),
    ]);
    assert.deepEqual([nothing.code, wrong.code, none.code, stranger.code, refused.code], [2, 2, 7, 1, 1]);
    assert.match(nothing.stderr, /^gantry: say what is to be done: [^\n]+\n$/);
    assert.match(wrong.stderr, /^gantry: --budget: expected US dollars such as 12\.50, got "much"\n$/);
    assert.match(
      none.stderr,
      /^gantry: no server answers at http:\/\/127\.0\.0\.1:9; start one with "npm start"[^\n]+\n$/,
    );
    assert.match(stranger.stderr, /^gantry: [^\n]*\(unauthorized\); set GANTRY_API_KEY [^\n]+\n$/);
    assert.match(refused.stderr, /^gantry: [^\n]*directory[^\n]*\n$/i);
  });

  test("at a terminal the agent's questions are asked in place, with nothing raw in what is shown", async () => {
    const terminal = runAtTerminal(
      [
        "task",
        '[[demo:tool Write {"file_path":"a.txt","content":"one\\n\\u001b[31mred\\u009b2J"}]]',
        "--tools",
        "Write",
        "--model",
        "haiku",
      ],
      { ...env, GANTRY_API_KEY: await makeAskingKey() },
    );
    await terminal.untilShown(/The agent asks to use Write/i);
    await terminal.untilShown(/│ content: one\r?\n  │ \uFFFD\[31mred\uFFFD2J\r?\n/);
    await terminal.untilShown(/Allow\?.*> /);
    terminal.type("m\r");
    await terminal.untilShown(/What is the agent told\? > /);
    terminal.type("Not today.\r");
    await terminal.untilShown(/denied: Not today\./);
    await terminal.untilShown(/completed task_/);
    assert.equal(await terminal.exited, 0);
    assert.ok(!terminal.raw().includes("\u001B[31mred") && !terminal.raw().includes("\u009b"));
  });

  test("Ctrl-C asks whether to cancel, and a second one does", async () => {
    const terminal = runAtTerminal(["task", "[[demo:hang]]", "--model", "haiku"], env);
    const [, id = ""] = await terminal.untilShown(/(task_\w+) /);
    await terminal.untilShown(/running/);
    terminal.type("\u0003");
    await terminal.untilShown(/Cancel task_\w+\? .* > /);
    terminal.type("n\r");
    await terminal.untilShown(/running/);
    terminal.type("\u0003");
    await terminal.untilShown(/Cancel task_\w+\? .* > /);
    terminal.type("\u0003");
    await terminal.untilShown(/cancelled/);
    assert.equal(await terminal.exited, 6);
    assert.equal((await client.tasks.get(id)).status, "cancelled");
  });
});
