import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGantry, type Gantry } from "../../packages/sdk/src/index.ts";
import { isCode } from "./is-code.ts";

/** A schedule from its beginning to its end, with a task that is made at once. */
export async function trySchedules({ schedules, tasks }: Gantry): Promise<void> {
  const task = { description: "[[demo:say All is well.]]", model: "haiku" };
  const { id, next_run_at: next } = await schedules.create({ name: "report", cron: "@daily", task });
  assert.notEqual(next, null);
  const { task_id: made } = await schedules.run(id);
  assert.equal((await tasks.wait(made)).status, "completed");
  assert.deepEqual(
    (await tasks.list({ schedule: id })).data.map((one) => one.task_id),
    [made],
  );
  assert.equal((await schedules.update(id, { paused: true })).next_run_at, null);
  assert.equal((await schedules.get(id)).paused, true);
  const names: string[] = [];
  for await (const { name } of schedules.all({ limit: 1 })) names.push(name);
  assert.deepEqual(names, ["report"]);
  assert.equal((await schedules.delete(id)).deleted, true);
  await assert.rejects(schedules.get(id), isCode("not_found"));
}

/** A run whose token calls the model until it is ended, and work that is landed. */
export async function tryRuns(client: Gantry, baseUrl: string): Promise<void> {
  const { runs, tasks, admin } = client;
  const { id, token, models } = await runs.create({ models: ["haiku"], budget: { unit: "micros", limit: 1_000_000 } });
  assert.deepEqual(models, ["haiku"]);
  assert.equal((await runs.update(id, { budget: { limit: 2_000_000 } })).budget?.limit, 2_000_000);
  assert.ok((await runs.list({ limit: 100 })).data.some((run) => run.id === id));
  const holder = createGantry({ baseUrl, apiKey: token });
  await assert.rejects(holder.runs.create(), isCode("insufficient_scope"));
  assert.equal((await runs.end(id)).state, "ended");
  assert.equal((await runs.end(id)).state, "ended");
  await assert.rejects(holder.runs.list(), isCode("unauthorized"));

  const path = await mkdtemp(join(tmpdir(), "sdk-"));
  await writeFile(join(path, "answer.txt"), "41\n");
  await admin.directories.create({ name: "answers", path, access: "writable" });
  const description = '[[demo:tool Bash {"command":"echo 42 > answer.txt"}]]';
  const work = { description, allow_tools: ["Bash"], model: "haiku", working_directory: "answers" };
  const { session_id: run = "" } = await tasks.run(work);
  const { digest, patch } = await runs.diff(String(run));
  assert.match(patch, /\+42/);
  await assert.rejects(runs.apply(String(run), { digest: `sha256:${"0".repeat(64)}` }), isCode("conflict"));
  assert.equal((await runs.apply(String(run), { digest })).directory, "answers");
  assert.equal(await readFile(join(path, "answer.txt"), "utf8"), "42\n");
  await admin.directories.delete("answers");
  await rm(path, { recursive: true });
}

/** What `auto` would take, and the requests of today. */
export async function tryFigures(client: Gantry): Promise<void> {
  const { recommended_model: model, reasons } = await client.route({ prompt: "Hello", context_size: 10 });
  assert.ok(model !== "" && reasons.length > 0);
  await client.chat({ model: "haiku", prompt: "[[demo:say Hi.]]" });
  const days = await client.admin.usage.daily();
  assert.ok((days.at(-1)?.total_sessions ?? 0) > 0 && (days.at(-1)?.active_users ?? 0) > 0);
  assert.deepEqual(
    await client.admin.usage.daily({ starting_at: "2020-01-01T00:00:00Z", ending_at: 1_577_923_200_000 }),
    [],
  );
}
