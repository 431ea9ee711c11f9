import { FailureError, type ErrorCode } from "@gantry/contracts/errors";
import { scheduleInput, type Schedule, type ScheduleInput } from "@gantry/contracts/schedules";
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Actor } from "../../packages/server/src/core/control/actor.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import type { SessionCaller } from "../../packages/server/src/core/sessions/session-service.ts";
import { openControl, openEmbedded, type Control } from "../control/start-admin-api.ts";
import { openSchedules, type OpenSchedules } from "./open-schedules.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const admin: Actor = { id: "admin", address: null, policy: null };

export interface Stage extends Control {
  readonly node: OpenSchedules;
  /** One more server on the same store. */
  another(mostWaiting?: number): OpenSchedules;
  callerOf(keyId: string, node?: OpenSchedules): Promise<SessionCaller>;
  keyId: string;
}

export async function openStage(context: TestContext, openStore = openEmbedded): Promise<Stage> {
  const parts = await openControl(context, openStore);
  const clock = { ...systemClock, epoch: () => parts.time.now };
  const another = (mostWaiting?: number) => openSchedules(parts.store, clock, { mostWaiting });
  const node = another();
  const { key } = await parts.control.keys.create(admin, {
    name: "ci",
    projectId: "default",
    profile: "enterprise",
    scopes: ["tasks"],
  });
  const callerOf = async (keyId: string, by = node): Promise<SessionCaller> => {
    const principal = await by.holderOf(keyId);
    assert.ok(principal !== undefined);
    return { principal, actor: { id: keyId, address: null, policy: null } };
  };
  return { ...parts, node, another, callerOf, keyId: key.id };
}

export const toInput = (changes: object = {}): ScheduleInput =>
  scheduleInput.parse({
    name: "report",
    cron: "@hourly",
    task: { description: "Report.", model: "haiku" },
    ...changes,
  });
export const tasksOf = async (store: Store, scheduleId: string) =>
  (await store.jobs.list({ kind: "task", scheduleId, limit: 200 })).items;
export const outcomesOf = ({ recent }: Schedule) =>
  recent.map(({ outcome, slot, slots }) => `${outcome} ${slot.slice(11, 16)} ${slots}`);
export const hasCode = (code: ErrorCode, param?: string) => (error: unknown) =>
  error instanceof FailureError && error.failure.code === code && error.failure.param === param;
