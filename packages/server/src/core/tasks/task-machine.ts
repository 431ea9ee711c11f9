import { taskStatuses, type TaskStatus } from "@gantry/contracts/tasks";

/** What happens to a task. `begin` comes again where another worker takes it over. */
export type TaskStep =
  | "begin"
  | "ask"
  | "goOn"
  | "complete"
  | "fail"
  | "timeOut"
  | "spend"
  | "cancel"
  | "raise"
  | "hold";

/** A task that an agent has, whether it works or waits for a person. */
const held: Partial<Record<TaskStep, TaskStatus>> = {
  begin: "running",
  ask: "requires_action",
  goOn: "running",
  hold: "queued",
  complete: "completed",
  fail: "failed",
  timeOut: "timeout",
  spend: "cost_exceeded",
  cancel: "cancelled",
};

const next: Readonly<Record<TaskStatus, Partial<Record<TaskStep, TaskStatus>>>> = {
  queued: { begin: "running", fail: "failed", cancel: "cancelled" },
  running: held,
  requires_action: held,
  // Its conversation is kept, so that more money lets it go on.
  cost_exceeded: { raise: "queued", cancel: "cancelled" },
  completed: {},
  failed: {},
  timeout: {},
  cancelled: {},
};

/** The state after a step; undefined where it cannot be taken in this state. */
export function stepTask(status: TaskStatus, step: TaskStep): TaskStatus | undefined {
  return next[status][step];
}

/** Nothing happens to it by itself any more. */
export function isOver(status: TaskStatus): boolean {
  return !["queued", "running", "requires_action"].includes(status);
}

export function isTaskStatus(text: string): text is TaskStatus {
  return (taskStatuses as readonly string[]).includes(text);
}
