import { scheduleInput } from "@gantry/contracts/schedules";
import assert from "node:assert/strict";
import { test } from "node:test";
import { admin, hasCode, hourMs, openStage, tasksOf, toInput } from "./open-stage.ts";

test("a change moves the next slot, and takes the rights of whoever makes it", async (context) => {
  const { control, time, node, callerOf, keyId, store } = await openStage(context);
  const { key } = await control.keys.create(admin, {
    name: "b",
    projectId: "default",
    profile: "free",
    scopes: ["tasks"],
  });
  const [owner, weak] = [await callerOf(keyId), await callerOf(key.id)];
  const { id, next_run_at: first } = await node.service.create(
    owner,
    toInput({
      cron: "30 2 * * *",
      time_zone: "Europe/Berlin",
      task: { description: "x", model: "haiku", max_cost: 0.9 },
    }),
  );
  assert.equal(first, "2026-11-21T01:30:00.000Z");
  const moved = await node.service.update(owner, id, { time_zone: "America/New_York" });
  assert.equal(moved.next_run_at, "2026-11-21T07:30:00.000Z");
  const renamed = await node.service.update(weak, id, { name: "other" });
  assert.deepEqual([renamed.name, renamed.key_id], ["other", keyId]);
  const costly = { description: "x", allow_tools: ["Nope"] };
  await assert.rejects(
    node.service.update(owner, id, { task: scheduleInput.shape.task.parse(costly) }),
    hasCode("invalid_request", "task.allow_tools[0]"),
  );
  await assert.rejects(node.service.update(weak, id, { cron: "@hourly" }), hasCode("forbidden", "task.timeout"));
  await assert.rejects(node.service.update(owner, id, { cron: "* * *" }), hasCode("invalid_request", "cron"));
  await assert.rejects(
    node.service.update(owner, id, { time_zone: "No/Where" }),
    hasCode("invalid_request", "time_zone"),
  );
  assert.equal((await node.service.update(weak, id, { paused: true })).next_run_at, null);
  time.now += 100 * hourMs;
  await node.runner.look();
  assert.deepEqual((await node.service.get(owner.principal, id)).recent, []);
  const run = await node.service.run(owner, id, { key: "once", digest: "" });
  assert.equal((await node.service.run(owner, id, { key: "once", digest: "" })).task_id, run.task_id);
  assert.deepEqual([run.schedule_id, (await tasksOf(store, id)).length], [id, 1]);
  const others = { ...owner.principal, projectId: "prj_other" };
  for (const refused of [
    node.service.get(others, id),
    node.service.update({ ...owner, principal: others }, id, { paused: true }),
    node.service.run({ ...owner, principal: others }, id),
    node.service.remove({ ...owner, principal: others }, id),
  ]) {
    await assert.rejects(refused, hasCode("not_found"));
  }
  assert.deepEqual((await node.service.list(others, { limit: 9 })).items, []);
  await node.service.remove(owner, id);
  await assert.rejects(node.service.remove(owner, id), hasCode("not_found"));
  assert.equal((await tasksOf(store, id)).length, 1);
});
