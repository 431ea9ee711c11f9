import type { Batch } from "@gantry/contracts/batches";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Managed, startManaged } from "../managed/start-managed.ts";

type Answer = Batch & Readonly<Record<string, unknown>>;

async function ask(
  { send }: Managed,
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string>; key?: string } = {},
): Promise<{ status: number; headers: Headers; body: Answer }> {
  const response = await send(method, path, options);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

async function until(managed: Managed, id: string, isMeant: (batch: Batch) => boolean): Promise<Batch> {
  for (;;) {
    const { status, body } = await ask(managed, "GET", `/v1/batch/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    if (isMeant(body)) return body;
    assert.equal(body.ended_at, null, JSON.stringify(body));
    await pause(50);
  }
}

const say = (text: string): { prompt: string } => ({ prompt: `[[demo:say ${text}]]` });

describe("batches", () => {
  let managed: Managed;
  before(async () => {
    managed = await startManaged();
  });
  after(() => managed.gantry.stop());

  test("prompts are answered in their order, with the documented fields and no others", async () => {
    const prompts = [{ id: "a", ...say("one") }, say("two"), "[[demo:say three]]"];
    const { status, body } = await ask(managed, "POST", "/v1/batch", { body: { prompts, model: "haiku" } });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(Object.keys(body), ["total", "completed", "failed", "results", "total_cost", "total_tokens"]);
    assert.deepEqual([body.total, body.completed, body.failed], [3, 3, 0]);
    assert.deepEqual(
      body.results.map(({ id, content, status: of }) => [id, content, of]),
      [
        ["a", "one", "completed"],
        ["1", "two", "completed"],
        ["2", "three", "completed"],
      ],
    );
    assert.deepEqual(Object.keys(body.results[0] ?? {}), ["id", "prompt", "status", "content", "usage", "cost"]);
    assert.ok(body.total_cost > 0);
    assert.equal(
      body.total_tokens,
      body.results.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0),
    );
  });

  test("an item fails alone, and a task is an item like a prompt", async () => {
    const task = { id: "job", description: "[[demo:say worked]]", model: "haiku" };
    const requests = [{ prompt: "[[demo:status 400]]" }, task, { ...say("fine"), id: "x" }];
    const body = { requests, parallel: true, project_id: "default", model: "haiku" };
    const answer = await ask(managed, "POST", "/v1/batch", { body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const [bad, job, fine] = answer.body.results;
    assert.deepEqual([bad?.status, typeof bad?.error, bad?.content], ["failed", "string", undefined]);
    assert.deepEqual([job?.id, job?.status, job?.content], ["job", "completed", "worked"], JSON.stringify(job));
    assert.deepEqual([fine?.id, fine?.content], ["x", "fine"]);
    assert.deepEqual([answer.body.completed, answer.body.failed], [2, 1]);
    const found = await ask(managed, "GET", `/v1/tasks/${job?.task_id}`);
    assert.deepEqual([found.status, found.body["status"]], [200, "completed"]);
  });

  test("a batch is answered at once where that is asked for, tells what is done, and is cancelled", async () => {
    const body = {
      prompts: [say("quick"), { prompt: "[[demo:hang]]" }, say("never")],
      parallel: false,
      model: "haiku",
    };
    const sent = await ask(managed, "POST", "/v1/batch", { body, headers: { prefer: "respond-async" } });
    assert.equal(sent.status, 202, JSON.stringify(sent.body));
    const { id } = sent.body;
    assert.equal(sent.headers.get("location"), `/v1/batch/${id}`);
    const seen = await until(managed, id, ({ completed }) => completed === 1);
    assert.deepEqual([seen.status, seen.results.length, seen.results[0]?.content], ["running", 1, "quick"]);
    await ask(managed, "POST", `/v1/batch/${id}/cancel`);
    const ended = await until(managed, id, ({ status }) => status === "cancelled");
    assert.deepEqual(
      ended.results.map(({ status }) => status),
      ["completed", "failed", "failed"],
    );
    const twice = await ask(managed, "POST", `/v1/batch/${id}/cancel`);
    assert.deepEqual([twice.status, twice.body.status], [200, "cancelled"]);
    const foreign = await managed.clientOf(["inference"], "strangers");
    const other = await ask(managed, "GET", `/v1/batch/${id}`, { key: foreign.apiKey ?? "" });
    assert.equal(other.status, 404);
  });

  test("the same claim is the same batch, and another body with it is a conflict", async () => {
    const send = (text: string) =>
      ask(managed, "POST", "/v1/batch", {
        body: { prompts: [say(text)], wait: 0, model: "haiku" },
        headers: { "idempotency-key": "one" },
      });
    const [first, second] = await Promise.all([send("x"), send("x")]);
    assert.equal(first.body.id, second.body.id);
    assert.equal((await send("y")).status, 409);
  });

  test("batches are listed newest first, page by page, without their results, and a project sees its own", async () => {
    const key = (await managed.clientOf(["inference"], "listers")).apiKey ?? "";
    const made: string[] = [];
    for (const text of ["x", "y", "[[demo:status 400]]"]) {
      const body = { prompts: [text, say("z")], wait: 600, model: "haiku" };
      const answer = await ask(managed, "POST", "/v1/batch", { body, key });
      assert.equal(answer.body.status, "completed", JSON.stringify(answer.body));
      made.unshift(answer.body.id);
    }
    const list = async (query: string) => {
      const { status, body } = await ask(managed, "GET", `/v1/batch?${query}`, { key });
      return { status, data: body["data"] as Batch[], next: body["next_cursor"] };
    };
    const first = await list("limit=2");
    assert.deepEqual([first.status, first.data.map(({ id }) => id)], [200, made.slice(0, 2)]);
    const { id, created_at, ended_at, project_id, total_cost, total_tokens, ...figures } = first.data[0] as Batch;
    assert.deepEqual(figures, { status: "completed", total: 2, completed: 1, failed: 1 });
    const whole = (await ask(managed, "GET", `/v1/batch/${id}`, { key })).body;
    const { results, ...rest } = whole;
    assert.equal(results.length, 2);
    assert.deepEqual(rest, { id, created_at, ended_at, project_id, total_cost, total_tokens, ...figures });
    const second = await list(`limit=2&cursor=${String(first.next)}`);
    assert.deepEqual([second.data.map((one) => one.id), second.next], [made.slice(2), null]);
    assert.deepEqual((await list("status=cancelled")).data, []);
    for (const wrong of ["status=none", "cursor=none", "limit=0"]) assert.equal((await list(wrong)).status, 400, wrong);
  });

  test("what does not fit is refused whole, by the field of its item, and by scope", async () => {
    const key = (await managed.clientOf(["inference"])).apiKey ?? "";
    const refused = async (body: object, status: number, pattern: RegExp) => {
      const answer = await ask(managed, "POST", "/v1/batch", { body, key });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.match(String(answer.body["detail"]), pattern);
    };
    await refused({}, 400, /prompts/);
    await refused({ prompts: [] }, 400, /prompts/);
    await refused({ prompts: [say("x")], requests: [say("x")] }, 400, /both/);
    await refused({ prompts: [say("x"), { prompt: 7 }] }, 400, /prompts\[1\]\.prompt/);
    await refused({ requests: [{ prompt: "x", surprise: 1 }] }, 400, /requests\[0\]\.surprise/);
    await refused({ prompts: [null] }, 400, /prompts\[0\]/);
    await refused({ prompts: Array.from({ length: 1_001 }, () => say("x")) }, 400, /1000/);
    await refused({ prompts: [say("x")], parallel: 33 }, 400, /parallel/);
    await refused({ prompts: [{ description: "x" }] }, 403, /tasks/);
    await refused({ prompts: [say("x")], project_id: "none" }, 403, /none/);
  });

  test("a used-up budget fails the items that it has no room for, and no others", async () => {
    const foreign = await managed.clientOf(["inference"], "poor");
    const key = foreign.apiKey ?? "";
    const { body: projects } = await ask(managed, "GET", "/v1/admin/projects");
    const project = (projects["data"] as { id: string; name: string }[]).find(({ name }) => name === "poor");
    const budget = { subject: "project", subjectId: project?.id, window: "lifetime", unit: "tokens", limit: 1 };
    const made = await ask(managed, "POST", "/v1/admin/budgets", { body: budget });
    assert.ok(made.status < 300, JSON.stringify(made.body));
    const { status, body } = await ask(managed, "POST", "/v1/batch", {
      body: { prompts: [say("x"), say("y")], model: "haiku" },
      key,
    });
    assert.deepEqual([status, body.failed], [200, 2], JSON.stringify(body));
    for (const { error } of body.results) assert.match(error ?? "", /^Budget exceeded: /);
  });
});

test("a batch goes on after the server was killed, and keeps what was done", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-batch-"));
  const first = await startManaged({ data: folder.path });
  const prompts = [...Array.from({ length: 8 }, (_, index) => say(`item ${index}`)), { prompt: "[[demo:delay 3000]]" }];
  const total = prompts.length;
  const parallel = 2;
  const body = { prompts, wait: 0, parallel, model: "haiku" };
  const { body: made } = await ask(first, "POST", "/v1/batch", { body });
  const before = await until(first, made.id, ({ completed }) => completed >= 3);
  await first.gantry.kill9();
  await first.gantry.stop();
  const second = await startManaged({ data: folder.path });
  try {
    const ended = await until(second, made.id, ({ status }) => status === "completed");
    assert.deepEqual([ended.total, ended.completed, ended.failed], [total, total, 0]);
    for (const result of before.results) {
      assert.deepEqual(
        ended.results.find(({ id }) => id === result.id),
        result,
      );
    }
    assert.deepEqual(
      ended.results.slice(0, 8).map(({ content }) => content),
      Array.from({ length: 8 }, (_, index) => `item ${index}`),
    );
    const usage = await ask(second, "GET", "/v1/admin/usage?limit=100");
    const rows = usage.body["data"] as unknown[];
    // What was being answered when the server died may have been booked as well.
    assert.ok(rows.length >= total && rows.length <= total + parallel, `${rows.length} rows`);
  } finally {
    await second.gantry.stop();
  }
});
