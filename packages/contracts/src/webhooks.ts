import { z } from "zod";
import { keyInput } from "./access.ts";
import { taskNewsStatuses, type TaskNewsStatus } from "./tasks.ts";

/** Webhooks: what happened, told to an address of the project's own. Thin: a delivery names what to read, and holds nothing of it. */

export const webhookEventTypes = [
  "session.created",
  "session.updated",
  "session.archived",
  "session.deleted",
  "session.pending",
  "session.running",
  "session.idled",
  "session.requires_action",
  "session.budget_reached",
  "session.status_run_started",
  "session.status_idled",
  "session.status_rescheduled",
  "session.status_terminated",
  "session.thread_created",
  "session.thread_idled",
  "session.thread_terminated",
  "agent.created",
  "agent.updated",
  "agent.archived",
  "agent.deleted",
  "environment.created",
  "environment.updated",
  "environment.archived",
  "environment.deleted",
  /** Asked for by an administrator, to see whether an endpoint works. */
  "webhook.test",
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number];

/** Of a task that names an endpoint: told to that one, whatever it wants, and to no other. */
export const taskEventTypes = taskNewsStatuses.map((status) => `task.${status}` as const);
export type TaskEventType = `task.${TaskNewsStatus}`;

const url = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => !/#|:\/\/[^/]*@/.test(text), "an address without user and fragment");
const events = z
  .array(z.enum(["*", ...webhookEventTypes]))
  .min(1)
  .max(50);
const description = z.string().max(500);

export const webhookInput = z.strictObject({
  projectId: keyInput.shape.projectId,
  url,
  /** Types of events; `*` for all. */
  events: events.default(["*"]),
  description: description.default(""),
  /** Whether `session.requires_action` brings a link for each open interaction, by which whoever holds it may decide. */
  answerLinks: z.boolean().default(false),
});
export const webhookUpdate = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  description: description.optional(),
  answerLinks: z.boolean().optional(),
  disabled: z.boolean().optional(),
});
export type WebhookInput = z.infer<typeof webhookInput>;
export type WebhookUpdate = z.infer<typeof webhookUpdate>;

/** An endpoint as it is shown: never its secret. */
export interface Webhook {
  readonly id: string;
  readonly projectId: string;
  readonly url: string;
  readonly events: WebhookInput["events"];
  readonly description: string;
  readonly answerLinks: boolean;
  readonly disabled: boolean;
  /** Attempts that failed since the last that did not. At 20 the endpoint is disabled. */
  readonly failuresInARow: number;
  /** Until when nothing is sent after failures, in epoch milliseconds; 0 where it is not resting. */
  readonly pausedUntil: number;
  readonly createdAt: number;
}

export const deliveryStates = ["pending", "delivered", "failed"] as const;

/** One event on its way to one endpoint. */
export interface WebhookDelivery {
  readonly id: string;
  readonly webhookId: string;
  /** The same at every attempt, and at every endpoint: the receiver's way to know an event again. */
  readonly eventId: string;
  readonly type: WebhookEventType | TaskEventType;
  readonly state: (typeof deliveryStates)[number];
  readonly attempts: number;
  /** Epoch milliseconds; null where no attempt is to come. */
  readonly nextAttemptAt: number | null;
  /** What the endpoint answered last; null where it did not. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
}

/** What is not fixed by the code; the rest of the way is in `docs/webhooks.md`. */
export const webhookSettings = z.strictObject({
  /** Hosts that may lie in a private network, or on this machine: `HOST`, `*.DOMAIN` or `HOST:PORT`. */
  privateHosts: z.array(z.string().min(1).max(262)).max(1000).default([]),
  /** Of one attempt, from the name's look-up to the end of the answer. */
  timeoutMs: z.int().min(1).max(600_000).default(15_000),
  /** Where people reach this server, for links in webhooks, such as `https://gantry.example.com`. Without it no link is given. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .max(1024)
    .refine((text) => !/[#?]|:\/\/[^/]*@/.test(text), "an address without user, query and fragment")
    .optional(),
});
