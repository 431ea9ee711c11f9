import type { Schedule } from "@gantry/contracts/schedules";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Managed, startManaged } from "../managed/start-managed.ts";

describe("the routes of schedules", () => {
  let managed: Managed;
  before(async () => {
    managed = await startManaged();
  });
  after(() => managed.gantry.stop());

  async function ask(method: string, path: string, options: { body?: unknown; key?: string; claim?: string } = {}) {
    const { claim, ...rest } = options;
    const headers = claim === undefined ? {} : { "idempotency-key": claim };
    const response = await managed.send(method, path, { ...rest, headers });
    const body = (await response.json()) as Schedule & Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }
  const input = { name: "n", cron: "@daily", task: { description: "[[demo:say x]]", model: "haiku" } };

  test("a schedule is made once for a claim, and another body with it is a conflict", async () => {
    const send = (body: object) => ask("POST", "/v1/schedules", { body, claim: "one" });
    const [first, second] = await Promise.all([send(input), send(input)]);
    assert.deepEqual([first.status, first.body.id], [201, second.body.id], JSON.stringify(first.body));
    assert.equal(first.headers.get("location"), `/v1/schedules/${first.body.id}`);
    assert.match(first.body.id, /^sched_[0-9a-f]{24}$/);
    assert.deepEqual([first.body.time_zone, first.body.paused, first.body.catch_up_seconds], ["UTC", false, 3600]);
    assert.ok(Date.parse(first.body.next_run_at ?? "") > Date.now());
    assert.equal((await send({ ...input, name: "other" })).status, 409);
  });

  test("what does not fit is refused by its field, and by scope", async () => {
    const key = (await managed.clientOf(["tasks"])).apiKey ?? "";
    const refused = async (more: object, status: number, pattern: RegExp, by = key) => {
      const { status: seen, body } = await ask("POST", "/v1/schedules", { body: { ...input, ...more }, key: by });
      assert.equal(seen, status, JSON.stringify(body));
      assert.match(JSON.stringify(body["error"]), pattern);
    };
    await refused({ cron: "* * * * * *" }, 400, /"param":"cron"/);
    await refused({ cron: "0 0 30 2 *" }, 400, /no such date/);
    await refused({ cron: "x".repeat(10_000) }, 400, /"param":"cron"/);
    await refused({ time_zone: "Mars/Base" }, 400, /"param":"time_zone"/);
    await refused({ task: { description: "" } }, 400, /"param":"task.description"/);
    await refused({ task: { description: "x", wait: 0 } }, 400, /wait/);
    await refused({ task: { description: "x", allow_tools: ["Nope"] } }, 400, /"param":"task.allow_tools\[0\]"/);
    await refused({ surprise: 1 }, 400, /surprise/);
    await refused({}, 403, /tasks/, (await managed.clientOf(["inference"])).apiKey ?? "");
  });

  test("another project's schedule is not there", async () => {
    const own = (await managed.clientOf(["tasks"])).apiKey ?? "";
    const foreign = (await managed.clientOf(["tasks"], "strangers")).apiKey ?? "";
    const { body: made } = await ask("POST", "/v1/schedules", { body: input, key: own });
    const path = `/v1/schedules/${made.id}`;
    const tries = [
      ["GET", path],
      ["PATCH", path, { paused: true }],
      ["DELETE", path],
      ["POST", `${path}/run`],
    ] as const;
    for (const [method, at, body] of tries) {
      const { status } = await ask(method, at, { key: foreign, ...(body !== undefined && { body }) });
      assert.equal(status, 404, `${method} ${at}`);
    }
    assert.deepEqual((await ask("GET", "/v1/schedules", { key: foreign })).body["data"], []);
    const { body: run } = await ask("POST", `${path}/run`, { key: own, claim: "run" });
    assert.deepEqual((await ask("GET", `/v1/tasks?schedule=${made.id}`, { key: foreign })).body["data"], []);
    const { body: tasks } = await ask("GET", `/v1/tasks?schedule=${made.id}`, { key: own });
    assert.deepEqual(
      (tasks["data"] as { task_id: string; schedule_id: string }[]).map((task) => [task.task_id, task.schedule_id]),
      [[run["task_id"], made.id]],
    );
    assert.equal((await ask("PATCH", path, { key: own, body: {} })).status, 400);
    assert.equal((await ask("PATCH", path, { key: own, body: { cron: "x" } })).status, 400);
    const { body: paths } = await ask("GET", "/openapi.json");
    assert.ok("/v1/schedules/{id}/run" in (paths["paths"] as object));
    const { body: audit } = await ask("GET", `/v1/audit?target=schedule:${made.id}`);
    assert.deepEqual(
      (audit["data"] as { action: string; result: string }[])
        .map(({ action, result }) => `${action} ${result}`)
        .toSorted(),
      ["schedule.created ok", "schedule.run ok", "schedule.updated refused"],
    );
  });
});
