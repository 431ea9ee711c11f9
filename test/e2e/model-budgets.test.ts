import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { TokenUsage } from "@gantry/contracts/completion";
import { type Admin, callApi, createAdmin } from "../harness/admin.ts";
import { createAgentScript, toDemoPrompt } from "../harness/agent-script.ts";
import { assertAgentTaskDone, prepareAgentTask, toAgentTask } from "../harness/agent-task.ts";
import type { ClaudeVersion } from "../harness/claude-versions.ts";
import type { ChatTarget } from "../harness/chat.ts";
import { makeRun, type MadeRun } from "../harness/make-run.ts";
import { runClaude, type ClaudeResult } from "../harness/run-claude.ts";
import { eventually } from "../harness/server-state.ts";
import { startGantry } from "../harness/start-gantry.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";
import { readToldUsage, sumTokens, toToldUsage } from "../harness/told-usage.ts";

const totalOf = (usage: TokenUsage): number =>
  usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens;

const toMessage = (model: string, content: string, more: object = {}) => ({
  model,
  max_tokens: 20,
  messages: [{ role: "user", content }],
  ...more,
});

describe("budgets of model calls", () => {
  let served: ServedModels;
  let admin: Admin;
  before(async () => {
    served = await startWithModels();
    admin = createAdmin(served.gantry);
  });
  after(() => served.stop());

  /** Has the real CLI do the task with the token of a run, over one of the upstreams. */
  async function doTask(version: ClaudeVersion, run: MadeRun, isDemo: boolean): Promise<ClaudeResult> {
    await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-agent-"));
    await prepareAgentTask(folder.path);
    const task = toAgentTask(folder.path);
    served.scripted.answerWith(createAgentScript(task));
    const done = await runClaude({
      version,
      url: run.url,
      key: run.key,
      prompt: isDemo ? toDemoPrompt(task) : "Do it.",
      tools: ["Read", "Edit", "Bash"],
      folder: folder.path,
      model: isDemo ? "haiku" : "gpt-test",
    });
    if (!done.isError) await assertAgentTaskDone(folder.path, done.result);
    return done;
  }

  /** What the upstreams told of the calls that came meanwhile, in their order. */
  async function listening<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly done: T; readonly told: readonly TokenUsage[] }> {
    const { demo, scripted } = served;
    const before = [demo.calls.length, scripted.told.length] as const;
    const done = await work();
    const told = [
      ...demo.calls.slice(before[0]).map(readToldUsage),
      ...scripted.told.slice(before[1]).map(toToldUsage),
    ];
    return { done, told };
  }

  for (const [version, upstream] of [
    ["2.1.328", "the demo model"],
    ["2.1.197", "an OpenAI upstream"],
  ] as const) {
    const isDemo = upstream === "the demo model";

    test(`Claude Code ${version} over ${upstream} makes as many calls as its run has budget for, and goes on after a raise`, async () => {
      const key = await admin.createKey();
      const free = await makeRun(key);
      const whole = await listening(() => doTask(version, free, isDemo));
      assert.equal(whole.done.isError, false, whole.done.result);
      const report = await free.read();
      assert.deepEqual([report.usage.calls, report.state], [whole.told.length, "open"]);
      assert.deepEqual(report.usage.tokens, sumTokens(whole.told), "to the token");
      if (isDemo) assert.ok(report.usage.tokens.cacheReadTokens > 0 && report.usage.tokens.cacheWriteTokens > 0);

      // Two calls are over it by half of the second.
      const [first, second] = whole.told.map(totalOf);
      assert.ok(first !== undefined && second !== undefined && whole.told.length > 2);
      const run = await makeRun(key, first + Math.ceil(second / 2));
      const stopped = await listening(() => doTask(version, run, isDemo));
      assert.equal(stopped.told.length, 2, "exactly two calls are made");
      assert.equal(stopped.done.isError, true);
      assert.match(stopped.done.result, /402|budget/);
      assert.ok(!JSON.stringify(stopped.done.lines).includes("api_retry"), "it waits for nothing");
      const reached = await run.read();
      assert.deepEqual([reached.state, reached.usage.calls], ["budget_reached", 2]);
      assert.deepEqual(reached.usage.tokens, sumTokens(stopped.told));
      assert.deepEqual([reached.budget?.spent, reached.budget?.reserved], [totalOf(sumTokens(stopped.told)), 0]);

      await run.raise(1_000_000);
      const again = await listening(() => doTask(version, run, isDemo));
      assert.equal(again.done.isError, false, again.done.result);
      const { state, usage } = await run.read();
      assert.deepEqual([state, usage.calls], ["open", 2 + again.told.length]);
      assert.deepEqual(usage.tokens, sumTokens([...stopped.told, ...again.told]));
    });
  }

  test("calls of a key at one time never come to more than its budget", async () => {
    const key = await admin.createKey();
    // One call reserves its bytes and 20 tokens, and comes to less.
    const { id, limit } = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 400 });
    const { done: replies, told } = await listening(() =>
      Promise.all(
        Array.from({ length: 24 }, (_, index) => {
          const body = toMessage("haiku", `[[demo:say hello]] [[demo:delay 50]] ${index}`, { stream: index % 2 === 0 });
          return callApi(key, "POST", "/v1/messages", body);
        }),
      ),
    );
    const served200 = replies.filter(({ status }) => status === 200).length;
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200, 402]));
    assert.equal(told.length, served200, "what is refused reaches nobody");
    const { spent, reserved } = await admin.readBudget(id);
    assert.deepEqual([spent, reserved], [totalOf(sumTokens(told)), 0]);
    assert.ok(spent <= limit, `${spent} of ${limit}`);
  });

  test("calls of a run at one time are as many as its budget has room for, and no fewer", async () => {
    const key = await admin.createKey();
    const body = (index: number, stream: boolean) => toMessage("haiku", `[[demo:say hello]] ${index}`, { stream });
    const probe = await listening(async () => callApi(key, "POST", "/v1/messages", body(1, false)));
    const each = totalOf(sumTokens(probe.told));
    // Three calls are over it by half of the third; what one reserves at first is more than it comes to.
    const run = await makeRun(key, Math.ceil(2.5 * each));
    const { done: replies, told } = await listening(() =>
      Promise.all(
        Array.from({ length: 8 }, (_, index) => callApi(run, "POST", "/v1/messages", body(index, index % 2 === 0))),
      ),
    );
    const statuses = replies.map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, [200, 200, 200, 402, 402, 402, 402, 402]);
    assert.equal(told.length, 3, "exactly three calls are made");
    const { state, usage, budget } = await run.read();
    assert.deepEqual([state, usage.calls], ["budget_reached", 3]);
    assert.deepEqual([budget?.spent, budget?.reserved], [totalOf(sumTokens(told)), 0]);
    assert.ok(totalOf(sumTokens(told)) < Math.ceil(2.5 * each) + each, "over it by less than one call");
  });

  describe("the token of a run", () => {
    let run: MadeRun;
    before(async () => {
      run = await makeRun(await admin.createKey(), undefined, { models: ["haiku"] });
    });
    const say = (target: ChatTarget, model = "haiku") =>
      callApi(target, "POST", "/v1/messages", toMessage(model, "[[demo:say ok]]"));

    test("is good for calls of its models, and for nothing else", async () => {
      assert.equal((await say(run)).status, 200);
      assert.equal((await say(run, "opus")).status, 403);
      for (const [method, path, body] of [
        ["POST", "/v1/chat/completions", toMessage("haiku", "x")],
        ["GET", "/v1/models", undefined],
        ["GET", "/v1/usage", undefined],
        ["POST", "/v1/runs", {}],
        ["GET", `/v1/runs/${run.id}`, undefined],
        ["PATCH", `/v1/runs/${run.id}`, { budget: { limit: 1_000_000 } }],
        ["GET", "/v1/admin/keys", undefined],
        ["POST", "/v1/admin/keys", { name: "mine", projectId: "default", profile: "enterprise" }],
        ["GET", "/metrics", undefined],
      ] as const) {
        assert.equal((await callApi(run, method, path, body)).status, 403, `${method} ${path}`);
      }
    });

    test("is unknown to another server", async () => {
      const other = await startGantry({ env: { GANTRY_MIN_READY: "0" } });
      try {
        assert.equal((await say({ url: other.url, key: run.key })).status, 401);
      } finally {
        await other.stop();
      }
    });

    test("is good for nothing after its end, nor after that of its key", async () => {
      await run.end();
      assert.equal((await say(run)).status, 401);
      const key = await admin.createKey();
      const orphan = await makeRun(key);
      assert.equal((await say(orphan)).status, 200);
      await admin.revokeKey(key.id);
      await eventually(async () => (await say(orphan)).status === 401, "it ends with its key");
    });
  });
});
