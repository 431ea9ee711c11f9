import type { Task } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Managed, startManaged } from "../managed/start-managed.ts";
import { openProfile } from "../harness/open-profile.ts";

/** Where an agent finds its folder. */
const workFolder = join("/home", "agent", "work");
const call = (tool: string, input: object): string => `[[demo:tool ${tool} ${JSON.stringify(input)}]]`;

describe("tasks", () => {
  let managed: Managed;
  before(async () => {
    managed = await startManaged();
  });
  after(() => managed.gantry.stop());

  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}, key?: string) {
    const options = { ...(body !== undefined && { body }), headers, ...(key !== undefined && { key }) };
    const response = await managed.send(method, path, options);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Task & Record<string, unknown>,
    };
  }
  const until = async (id: string, isMeant: (task: Task) => boolean): Promise<Task> => {
    for (;;) {
      const { body } = await ask("GET", `/v1/tasks/${id}`);
      if (isMeant(body)) return body;
      assert.ok(body.result === null, JSON.stringify(body));
      await pause(50);
    }
  };
  const keyOf = async (profile: object, scopes = ["tasks"]): Promise<string> => {
    const name = `p${Math.random().toString(36).slice(2)}`;
    const made = await ask("POST", "/v1/admin/profiles", {
      ...openProfile,
      name,
      ...profile,
    });
    assert.ok(made.status < 300, JSON.stringify(made.body));
    const key = await ask("POST", "/v1/admin/keys", { name, projectId: "default", profile: name, scopes });
    return String(key.body["key"]);
  };

  test("a task writes a file and runs a command, and answers with what it did and made", async () => {
    const description = `${call("Write", { file_path: join(workFolder, "out.txt"), content: "made\n" })} ${call("Bash", { command: "cat out.txt; echo ran" })} [[demo:say all done]]`;
    const { status, body } = await ask("POST", "/v1/task", {
      description,
      allow_tools: ["Write", "Bash"],
      model: "haiku",
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.status, "completed", JSON.stringify(body.result));
    assert.deepEqual(body.result, { summary: "all done", full_output: "all done", workspace_directory: null });
    assert.deepEqual(
      body.artifacts.map(({ path, size_bytes, type }) => [path, size_bytes, type]),
      [["out.txt", 5, "file"]],
    );
    const steps = body.execution_log.map(({ action, tool, result }) => [action, tool, result].join(" "));
    assert.ok(steps.includes("tool_call write ") && steps.includes("tool_result bash ok"), steps.join("\n"));
    assert.deepEqual(
      body.execution_log.map(({ step }) => step),
      body.execution_log.map((_, index) => index + 1),
    );
    assert.match(body.execution_log.find(({ tool }) => tool === "bash")?.arguments_digest ?? "", /^[0-9a-f]{64}$/);
    assert.ok(body.usage.total_tokens > 0 && body.usage.total_cost > 0 && body.usage.duration_seconds > 0);
    const again = await ask("GET", `/v1/tasks/${body.task_id}`);
    assert.equal(again.body.status, "completed");
    const { body: list } = await ask("GET", "/v1/tasks?status=completed&limit=1");
    assert.equal((list["data"] as Task[])[0]?.task_id, body.task_id);
    const { body: made } = await ask("GET", `/v1/tasks/${body.task_id}/artifacts`);
    assert.equal((made["data"] as Task["artifacts"])[0]?.path, "out.txt");
  });

  test("tools that a task does not name are not there", async () => {
    const { body } = await ask("POST", "/v1/task", {
      description: `${call("Bash", { command: "echo hi" })} [[demo:say tried]]`,
      allow_tools: ["Read"],
      model: "haiku",
    });
    assert.equal(body.status, "completed", JSON.stringify(body.result));
    assert.ok(!body.execution_log.some(({ tool, result }) => tool === "bash" && result === "ok"));
  });

  test("a task is answered at once where that is asked for, can be followed, and is cancelled amid a tool call", async () => {
    const description = call("Bash", { command: "sleep 600" });
    const { status, headers, body } = await ask(
      "POST",
      "/v1/task",
      { description, allow_tools: ["Bash"], model: "haiku" },
      { prefer: "respond-async" },
    );
    assert.equal(status, 202);
    assert.equal(headers.get("location"), `/v1/tasks/${body.task_id}`);
    await until(body.task_id, ({ execution_log: log }) => log.some(({ action }) => action === "tool_call"));
    const events = managed.send("GET", `/v1/tasks/${body.task_id}/events`).then((response) => response.text());
    await ask("POST", `/v1/tasks/${body.task_id}/cancel`);
    const ended = await until(body.task_id, ({ status: now }) => now === "cancelled");
    assert.deepEqual(ended.result, { error: "The task was cancelled.", output: null });
    assert.match(await events, /event: agent\.tool_use[\s\S]*"status":"cancelled"/);
    const twice = await ask("POST", `/v1/tasks/${body.task_id}/cancel`);
    assert.deepEqual([twice.status, twice.body.status], [200, "cancelled"]);
  });

  test("a task that takes too long ends as a timeout", async () => {
    const { status, body } = await ask("POST", "/v1/task", {
      description: call("Bash", { command: "sleep 600" }),
      allow_tools: ["Bash"],
      timeout: 8,
      model: "haiku",
    });
    assert.deepEqual([status, body.status], [200, "timeout"], JSON.stringify(body.result));
    assert.match(JSON.stringify(body.result), /longer than its 8 seconds/);
  });

  test("a task that has cost too much stops, and goes on when it may cost more", async () => {
    const description = `${call("Bash", { command: "echo one" })} ${call("Bash", { command: "echo two" })} [[demo:say finished]]`;
    const { body } = await ask("POST", "/v1/task", {
      description,
      allow_tools: ["Bash"],
      model: "haiku",
      max_cost: 0.000001,
    });
    assert.equal(body.status, "cost_exceeded", JSON.stringify(body.result));
    const low = await ask("POST", `/v1/tasks/${body.task_id}`, { max_cost: 0.0000001 });
    assert.equal(low.status, 400);
    await ask("POST", `/v1/tasks/${body.task_id}`, { max_cost: 5 });
    const ended = await until(body.task_id, ({ result }) => result !== null);
    assert.equal(ended.status, "completed", JSON.stringify(ended.result));
    assert.equal((await ask("POST", `/v1/tasks/${body.task_id}`, { max_cost: 6 })).status, 409);
  });

  test("a task that asks a person answers 202 with what is open, and goes on with the answer", async () => {
    const key = await keyOf({ toolRules: [{ tool: "Bash", action: "ask" }] });
    const description = `${call("Bash", { command: "echo asked > made.txt" })} [[demo:say was allowed]]`;
    const { status, body } = await ask(
      "POST",
      "/v1/task",
      { description, allow_tools: ["Bash"], model: "haiku" },
      {},
      key,
    );
    assert.deepEqual(
      [status, body.status, body.interactions.length],
      [202, "requires_action", 1],
      JSON.stringify(body),
    );
    const answered = await ask("POST", `/v1/interactions/${body.interactions[0]}`, { decision: "allow" });
    assert.equal(answered.status, 200, JSON.stringify(answered.body));
    const ended = await until(body.task_id, ({ result }) => result !== null);
    assert.equal(ended.status, "completed", JSON.stringify(ended.result));
    assert.deepEqual(
      ended.artifacts.map(({ path }) => path),
      ["made.txt"],
    );
  });

  test("the same claim is the same task, and another body with it is a conflict", async () => {
    const send = (description: string) =>
      ask("POST", "/v1/task", { description, model: "haiku", wait: 0 }, { "idempotency-key": "one" });
    const [first, second] = await Promise.all([send("[[demo:say x]]"), send("[[demo:say x]]")]);
    assert.equal(first.body.task_id, second.body.task_id);
    const other = await send("[[demo:say y]]");
    assert.deepEqual([other.status, other.headers.get("x-should-retry")], [409, "false"]);
  });

  test("what may not be is refused with the reason, in `detail` too", async () => {
    const key = await keyOf({ maxExecutionSeconds: 60, maxCostPerTaskMicros: 1_000_000 });
    const refused = async (more: object, status: number, pattern: RegExp, by = key) => {
      const answer = await ask("POST", "/v1/task", { description: "x", ...more }, {}, by);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.match(String(answer.body["detail"]), pattern);
    };
    await refused({ timeout: 61 }, 403, /Permission denied/);
    await refused({ timeout: 60, max_cost: 2 }, 403, /Permission denied/);
    await refused({ timeout: 60, allow_tools: ["Nope"] }, 400, /allow_tools\[0\]/);
    await refused({ timeout: 60, working_directory: "none" }, 403, /directory/);
    await refused({ timeout: 60, working_directory: "/etc" }, 403, /directory/);
    await refused({ timeout: 60, allow_agents: ["none"] }, 400, /none/);
    await refused({ timeout: 60, surprise: 1 }, 400, /surprise/);
    await refused({ description: "", timeout: 60 }, 400, /description/);
    await refused({ timeout: 60 }, 403, /tasks/, await keyOf({}, ["inference"]));
    const foreign = await managed.clientOf(["tasks"], "strangers");
    const { body } = await ask(
      "POST",
      "/v1/task",
      { description: "[[demo:say x]]", model: "haiku", timeout: 60 },
      {},
      key,
    );
    for (const [method, path] of [
      ["GET", ""],
      ["POST", "/cancel"],
      ["GET", "/events"],
      ["GET", "/artifacts"],
    ] as const) {
      const answer = await managed.send(method, `/v1/tasks/${body.task_id}${path}`, { key: foreign.apiKey ?? "" });
      assert.equal(answer.status, 404);
    }
  });
});
