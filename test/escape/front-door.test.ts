import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Task } from "@gantry/contracts/tasks";
import { createAdmin } from "../harness/admin.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { findMarked, until } from "./escape-hatch.ts";

const secret = "the-secret-of-the-server";

/** What is tried where the driver itself is asked stands in escape.test.ts; these are the same doors, from where clients come in. */
describe("a task that is allowed every command", () => {
  let gantry: Gantry;
  let key = "";
  before(async () => {
    gantry = await startGantry({ env: { SECRET_OF_THE_SERVER: secret } });
    key = (await createAdmin(gantry).createKey({ scopes: ["tasks"] })).key;
  });
  after(() => gantry.stop());

  const call = (path: string, init: object = {}): Promise<Response> =>
    fetch(gantry.url + path, {
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...init,
    });

  /** Runs commands one after the other in one task, and gives what each printed, which it leaves in a file of its own. */
  async function run(commands: readonly string[], more: object = {}): Promise<{ task: Task; results: string[] }> {
    const calls = commands.map((command, place) => {
      const input = { command: `( ${command} ) > out-${place}.txt 2>&1` };
      return `[[demo:tool Bash ${JSON.stringify(input)}]]`;
    });
    const input = {
      description: `${calls.join(" ")} [[demo:say tried]]`,
      allow_tools: ["Bash"],
      model: "haiku",
      ...more,
    };
    const response = await call("/v1/task", { method: "POST", body: JSON.stringify(input) });
    assert.equal(response.status, 200);
    const task = (await response.json()) as Task;
    const results = commands.map(async (_command, place) => {
      const artifact = await call(`/v1/runs/${task.session_id}/artifacts/out-${place}.txt`);
      return artifact.status === 200 ? await artifact.text() : "";
    });
    return { task, results: await Promise.all(results) };
  }

  test("reads no secret of the host, writes nothing outside and signals nobody", async () => {
    const outside = join(gantry.dataDirectory, "written");
    const { task, results } = await run([
      "cat /etc/shadow && echo LEAKED; echo done",
      `cat '${join(gantry.dataDirectory, "admin.key")}' && echo LEAKED; ls '${gantry.dataDirectory}' && echo LEAKED; echo done`,
      "for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; done 2>/dev/null; echo done",
      `echo x > '${outside}' && echo LEAKED; touch /etc/written && echo LEAKED; echo done`,
      `kill -9 ${gantry.pid} && echo LEAKED; echo done`,
    ]);
    assert.equal(task.status, "completed", JSON.stringify(task.result));
    for (const result of results) {
      assert.match(result, /done/);
      assert.ok(!result.includes("LEAKED") && !result.includes(gantry.key) && !result.includes(secret), result);
    }
    assert.ok(!existsSync(outside) && !existsSync("/etc/written"));
    assert.equal((await fetch(`${gantry.url}/health`)).status, 200);
  });

  test("reaches no service of the host, no metadata and no name", async () => {
    const { port } = new URL(gantry.url);
    const connect = (host: string, to: string): string =>
      `timeout 5 bash -c 'exec 3<>/dev/tcp/${host}/${to}' && echo LEAKED; echo done`;
    const { task, results } = await run([
      connect("127.0.0.1", port),
      connect("169.254.169.254", "80"),
      connect("1.1.1.1", "443"),
      connect("localhost", port),
      connect("example.com", "80"),
    ]);
    assert.equal(task.status, "completed", JSON.stringify(task.result));
    assert.deepEqual(
      results.map((result) => [result.includes("done"), result.includes("LEAKED")]),
      Array(5).fill([true, false]),
    );
  });

  test("leaves nothing behind that runs on, and its time is what it was given", async () => {
    const mark = `left-behind-${gantry.pid}`;
    const daemon = `(setsid bash -c 'exec -a ${mark} sleep 300' > /dev/null 2>&1 &); echo done`;
    const { task, results } = await run([daemon, "sleep 600"], { timeout: 15 });
    assert.equal(task.status, "timeout", JSON.stringify(task.result));
    assert.match(results[0] ?? "", /done/);
    await until(() => findMarked(mark).length === 0, "what it left running is gone");
  });
});
