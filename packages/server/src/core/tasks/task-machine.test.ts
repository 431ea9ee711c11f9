import assert from "node:assert/strict";
import { test } from "node:test";
import { taskStatuses, type TaskStatus } from "@gantry/contracts/tasks";
import { isOver, stepTask, type TaskStep } from "./task-machine.ts";

const steps: readonly TaskStep[] = [
  "begin",
  "ask",
  "goOn",
  "complete",
  "fail",
  "timeOut",
  "spend",
  "cancel",
  "raise",
  "hold",
];

/** Each pair that is not here cannot be. */
const allowed: Readonly<Record<string, TaskStatus>> = {
  "queued begin": "running",
  "queued fail": "failed",
  "queued cancel": "cancelled",
  "cost_exceeded raise": "queued",
  "cost_exceeded cancel": "cancelled",
};
for (const status of ["running", "requires_action"]) {
  Object.assign(allowed, {
    [`${status} begin`]: "running",
    [`${status} ask`]: "requires_action",
    [`${status} goOn`]: "running",
    [`${status} hold`]: "queued",
    [`${status} complete`]: "completed",
    [`${status} fail`]: "failed",
    [`${status} timeOut`]: "timeout",
    [`${status} spend`]: "cost_exceeded",
    [`${status} cancel`]: "cancelled",
  });
}

test("every step in every state leads where it should, or nowhere", () => {
  for (const status of taskStatuses) {
    for (const step of steps) assert.equal(stepTask(status, step), allowed[`${status} ${step}`], `${status} ${step}`);
  }
});

test("what is over takes no step but those that a client asks for", () => {
  const open = taskStatuses.filter((status) => !isOver(status));
  assert.deepEqual(open, ["queued", "running", "requires_action"]);
  for (const status of taskStatuses.filter(isOver)) {
    for (const step of steps)
      if (step !== "raise" && step !== "cancel") assert.equal(stepTask(status, step), undefined);
  }
});
