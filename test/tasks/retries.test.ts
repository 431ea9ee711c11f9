import type { Batch } from "@gantry/contracts/batches";
import type { Task } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type MessagesUpstream, startMessagesUpstream } from "../harness/messages-upstream.ts";
import { type Managed, startManaged } from "../managed/start-managed.ts";

describe("what failed for a cause that may pass", () => {
  let upstream: MessagesUpstream;
  let managed: Managed;
  before(async () => {
    upstream = await startMessagesUpstream();
    managed = await startManaged({ upstream: upstream.url, env: { GANTRY_UPSTREAM_RETRIES: "0" } });
  });
  after(async () => {
    await managed.gantry.stop();
    await upstream.stop();
  });

  /** The next so many calls fail; from then on the demo model answers. */
  function failNext(count: number): void {
    let left = count;
    upstream.answerWith((_call, response) => {
      left -= 1;
      if (left === 0) upstream.answerWith();
      const error = { type: "error", error: { type: "api_error", message: "Ill for a moment." } };
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify(error));
    });
  }
  async function send<Answer>(path: string, body: object): Promise<Answer> {
    const response = await managed.send("POST", path, { body });
    assert.equal(response.status, 200);
    return (await response.json()) as Answer;
  }
  const outcomes = ({ results }: Batch) => results.map(({ status, content, attempts }) => [status, content, attempts]);

  test("an item of a batch is tried again, three times at most, and tells how often it was", async () => {
    const prompts = ["[[demo:say one]]", "[[demo:say two]]", "[[demo:status 400]]"];
    const body = { prompts, parallel: false, model: "haiku" };
    failNext(1);
    assert.deepEqual(outcomes(await send("/v1/batch", body)), [
      ["completed", "one", 2],
      ["completed", "two", undefined],
      ["failed", undefined, undefined],
    ]);
    failNext(3);
    assert.deepEqual(outcomes(await send("/v1/batch", body)), [
      ["failed", undefined, 3],
      ["completed", "two", undefined],
      ["failed", undefined, undefined],
    ]);
  });

  const effect = `[[demo:tool Bash {"command":"echo x >> effects.txt"}]]`;
  const runTask = (description: string): Promise<Task> =>
    send("/v1/task", { description, allow_tools: ["Bash"], model: "haiku" });
  const toSteps = ({ execution_log: log }: Task) =>
    log.map(({ action, result }) => `${action} ${result}`).filter((step) => /^(tool_call|error)/.test(step));
  const toEffects = ({ artifacts }: Task) => artifacts.map(({ path, size_bytes: size }) => [path, size]);

  test("a task begins anew while nothing of it may have had an effect", async () => {
    failNext(1);
    const task = await runTask(`${effect} [[demo:say done]]`);
    assert.equal(task.status, "completed", JSON.stringify(task));
    assert.deepEqual(toSteps(task), ["error retrying", "tool_call null"]);
    assert.deepEqual(toEffects(task), [["effects.txt", 2]]);
  });

  test("a task never makes a step again that may have had its effect", async () => {
    const task = await runTask(`${effect} [[demo:status 500]]`);
    assert.equal(task.status, "failed", JSON.stringify(task));
    assert.deepEqual(toSteps(task), ["tool_call null", "error exhausted"]);
    assert.deepEqual(toEffects(task), [["effects.txt", 2]]);
  });

  test("an item that is such a task is that one task, and is not tried again", async () => {
    const requests = [{ description: `${effect} [[demo:status 500]]`, allow_tools: ["Bash"], model: "haiku" }];
    const [item] = (await send<Batch>("/v1/batch", { requests })).results;
    assert.deepEqual([item?.status, item?.attempts], ["failed", undefined], JSON.stringify(item));
    const response = await managed.send("GET", `/v1/tasks/${item?.task_id}`);
    assert.deepEqual(toEffects((await response.json()) as Task), [["effects.txt", 2]]);
  });
});
