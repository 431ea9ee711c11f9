import assert from "node:assert/strict";
import { mkdtempDisposable, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readChildren } from "../../packages/server/src/adapters/process/process-table.ts";
import { ask, chat } from "../harness/chat.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { layOutFaultProgram } from "../harness/fault-program.ts";
import { findProcesses, processesOf, waitUntilNone } from "../harness/processes.ts";
import { runGantry } from "../harness/run-gantry.ts";
import { eventually, untilAtRest, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const toBody = (content: string) => ({ model: "haiku", messages: [{ role: "user", content }] });
const prompts = ["[[demo:hang]]", "[[demo:tokens 5000]] [[demo:pace 20]]"];

interface Server {
  readonly url: string;
  readonly key: string;
}

/** Starts turns that do not end, and expects them to fail with their server. */
async function startTurns(server: Server, contents: readonly string[]): Promise<{ failed: Promise<unknown> }> {
  const failed = Promise.all(contents.map((content) => assert.rejects(chat(server, toBody(content)))));
  await untilBusy(server, contents.length);
  return { failed };
}

/** Names of homes and other things that servers laid out in a data directory. */
const laidOut = (data: string): Promise<string[]> => readdir(join(data, "run"));

/** Another server's processes are not touched; it may have started more. */
async function assertAllLive(pids: readonly number[], { processes }: Gantry): Promise<void> {
  const living = await findProcesses(processes);
  assert.deepEqual(
    pids.filter((pid) => !living.includes(pid)),
    [],
  );
}

describe("a server that is killed", () => {
  for (const version of claudeVersions) {
    test(`takes everything with it behind bubblewrap, and starts again (Claude Code ${version})`, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-kill-"));
      const data = join(folder.path, "data");
      const [killed, other] = await Promise.all([startGantry({ claude: version, data }), startGantry()]);
      try {
        const { failed } = await startTurns(killed, prompts);
        await untilAtRest(other);
        const { failed: cutOff } = await startTurns(other, ["[[demo:hang]]"]);
        const others = await findProcesses(other.processes);
        assert.ok((await findProcesses(killed.processes)).length >= 6);
        await killed.kill9();
        await waitUntilNone(killed.processes);
        await failed;

        const next = await startGantry({ claude: version, data });
        assert.equal(next.key, killed.key);
        assert.equal((await ask(next, toBody("[[demo:say hello]]"))).text, "hello");
        await next.stop();
        assert.deepEqual(await laidOut(data), []);
        await assertAllLive(others, other);
        await other.kill9();
        await cutOff;
        await waitUntilNone(other.processes);
      } finally {
        await Promise.all([killed.stop(), other.stop()]);
      }
    });
  }

  test("leaves its CLI behind where there are no walls, and the next start ends it", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-kill-"));
    const data = join(folder.path, "data");
    const program = await layOutFaultProgram("hold");
    const options = { claude: program.path, data, env: { GANTRY_SANDBOX: "none" } };
    const [killed, other] = await Promise.all([
      startGantry(options),
      startGantry({ ...options, data: join(folder.path, "other") }),
    ]);
    try {
      assert.equal((await ask(killed, toBody("hello"))).text, "hello");
      await Promise.all([untilAtRest(killed), untilAtRest(other)]);
      const others = await findProcesses(other.processes);
      await killed.kill9();
      assert.notDeepEqual(await findProcesses(killed.processes), [], "there is something to be swept up");
      assert.notDeepEqual(await laidOut(data), []);

      const next = await startGantry(options);
      await waitUntilNone(killed.processes, 0);
      await assertAllLive(others, other);
      assert.equal((await ask(other, toBody("still here"))).text, "still here");
      await next.stop();
      assert.deepEqual(await laidOut(data), []);
    } finally {
      await Promise.all([killed.stop(), other.stop()]);
      await program.remove();
    }
  });

  test("in the midst of its start leaves nothing either", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-kill-"));
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
    const data = join(folder.path, "data");
    const run = await runGantry("server", ["serve", "--demo", "--port", "0", "--data", data], env);
    const processes = processesOf(run.pid);
    await eventually(async () => (await findProcesses(processes)).length > 0, "a process is being started");
    run.child.kill("SIGKILL");
    await run.exited;
    await waitUntilNone(processes);
  });
});

test("a launcher that is killed takes the server and everything with it, running turns too", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-kill-"));
  const data = join(folder.path, "data");
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
  const launcher = await runGantry("launcher", ["serve", "--demo", "--port", "0", "--data", data], env);
  const [, url = ""] = await launcher.untilPrinted(/listens on (http:\/\/\S+)/);
  const [serverPid] = readChildren(launcher.pid);
  assert.ok(serverPid !== undefined);
  const processes = processesOf(serverPid);
  const key = (await readFile(join(data, "admin.key"), "utf8")).trim();
  const { failed } = await startTurns({ url, key }, prompts);
  launcher.child.kill("SIGKILL");
  // Its output ends when the server has ended, which writes to it too.
  await Promise.all([launcher.exited, waitUntilGone(url), waitUntilNone(processes), failed]);
});

/** Resolves when nobody listens any more. */
function waitUntilGone(url: string): Promise<void> {
  return eventually(
    () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    "the server is gone",
  );
}
