import { scheduleInput } from "@gantry/contracts/schedules";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { makeTemporaryDirectory } from "../../packages/server/src/adapters/store/sqlite/temporary-directory.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { noon } from "../control/start-admin-api.ts";
import { startProgram } from "../store/program-under-test.ts";
import { openSchedules } from "./open-schedules.ts";

const count = 40;
const dueAt = noon + 3_600_000;

/** Sees to what is due at that time, and names each task that it has made. */
const toNode = (directory: string): string => `
  import { openSqliteStore } from ${JSON.stringify(import.meta.resolve("../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts"))};
  import { systemClock } from ${JSON.stringify(import.meta.resolve("../../packages/server/src/core/ports/clock.ts"))};
  import { openSchedules } from ${JSON.stringify(import.meta.resolve("./open-schedules.ts"))};
  const clock = { ...systemClock, epoch: () => ${dueAt} };
  const onFailure = (error) => { throw error; };
  const store = await openSqliteStore({ directory: ${JSON.stringify(directory)}, clock, onFailure });
  await openSchedules(store, clock, { wake: () => console.log("made") }).runner.look();
  console.log("ended");
`;

test("after a kill amid many slots each slot has given one task, and each schedule tells it once", async (context) => {
  const directory = await makeTemporaryDirectory(context);
  const time = { now: noon };
  const clock = { ...systemClock, epoch: () => time.now };
  const open = () => openSqliteStore({ directory, clock, onFailure: assert.fail });
  const first = await open();
  const key = {
    id: "key_a",
    publicId: "a",
    secretHash: "a",
    name: "a",
    projectId: "prj_default",
    profile: "enterprise",
  };
  const rest = { scopes: ["tasks"], limits: {}, metadata: {}, expiresAt: null, createdAt: noon } as const;
  await first.control.createKey({ ...key, ...rest });
  const before = openSchedules(first, clock);
  const principal = await before.holderOf(key.id);
  assert.ok(principal !== undefined);
  const caller = { principal, actor: { id: key.id, address: null, policy: null } };
  const input = scheduleInput.parse({ name: "n", cron: "@hourly", task: { description: "x", model: "haiku" } });
  for (let made = 0; made < count; made += 1) await before.service.create(caller, input);
  await first.close();

  for (const most of [4, 9]) {
    const program = startProgram(toNode(directory));
    try {
      for (let told = 0; told < most; told += 1) {
        const line = await program.lines.next();
        assert.equal(line.value, "made");
      }
    } finally {
      await program.kill();
    }
  }

  const store = await open();
  time.now = dueAt;
  const { runner, service } = openSchedules(store, clock);
  await runner.look();
  time.now += 40_000;
  await runner.look();
  const { items } = await service.list(principal, { limit: 200 });
  assert.equal(items.length, count);
  for (const { id, recent } of items) {
    const { items: tasks } = await store.jobs.list({ kind: "task", scheduleId: id, limit: 9 });
    assert.deepEqual([tasks.length, recent.length], [1, 1], id);
    assert.deepEqual([recent[0]?.outcome, recent[0]?.task_id], ["started", tasks[0]?.id]);
  }
  await store.close();
});
