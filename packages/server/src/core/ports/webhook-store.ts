import type { Webhook, WebhookDelivery, WebhookUpdate } from "@gantry/contracts/webhooks";
import type { Page, PageRequest } from "./control-store.ts";

/** An endpoint as the store holds it: with its secrets, which signing needs as they are. */
export interface StoredWebhook extends Webhook {
  /** `whsec_…`. */
  readonly secret: string;
  /** The one before, while it signs as well. */
  readonly previousSecret: string | null;
  readonly previousUntil: number;
  /** Base64 of what links to answer interactions are signed with; null where the endpoint gets none. */
  readonly linkSecret: string | null;
}

export type NewWebhook = Pick<
  StoredWebhook,
  "id" | "projectId" | "url" | "events" | "description" | "secret" | "createdAt"
> &
  Partial<Pick<StoredWebhook, "linkSecret">>;

/** `linkSecret` is left out where it stays. */
export type WebhookChange = Omit<WebhookUpdate, "answerLinks"> & Partial<Pick<StoredWebhook, "linkSecret">>;

/** An event as it is queued: `body` is what is sent, and what is signed. */
export interface QueuedEvent {
  readonly eventId: string;
  readonly projectId: string;
  readonly type: string;
  readonly body: string;
  readonly now: number;
}

/** A delivery that whoever claimed it is to attempt now. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly body: string;
  /** With this one. */
  readonly attempts: number;
  readonly createdAt: number;
}

export interface ClaimRequest {
  readonly now: number;
  /** Until when nobody else takes what is claimed; after it the attempt counts as lost and is made again. */
  readonly until: number;
  readonly limit: number;
  /** Most of one endpoint at a time. */
  readonly perWebhook: number;
}

/** What became of an attempt. */
export interface AttemptResult {
  readonly state: WebhookDelivery["state"];
  /** What the endpoint answered; null where it did not. */
  readonly status: number | null;
  /** Null where it was delivered. */
  readonly error: string | null;
  /** The time of the attempt, or of the next one where the state is `pending`. */
  readonly at: number;
}

/** Endpoints and the queue of what they are to get. Every write is one statement, committed when it resolves. */
export interface WebhookStore {
  create(webhook: NewWebhook): Promise<Webhook>;
  get(id: string): Promise<Webhook | undefined>;
  list(page: PageRequest & { readonly projectId?: string }): Promise<Page<Webhook>>;
  /** An endpoint that is enabled begins anew: no failures, no rest. */
  update(id: string, update: WebhookChange): Promise<Webhook | undefined>;
  rotate(id: string, secret: string, previousUntil: number): Promise<Webhook | undefined>;
  /** With all its deliveries. */
  remove(id: string): Promise<boolean>;

  /** Queues an event for every endpoint of the project that is enabled and wants it; twice is once. */
  enqueue(event: QueuedEvent): Promise<void>;
  /** Queues an event for one endpoint, whatever it wants. */
  enqueueFor(webhookId: string, event: QueuedEvent): Promise<WebhookDelivery | undefined>;
  /** Takes what is due, each by one node alone. */
  claim(request: ClaimRequest): Promise<readonly ClaimedDelivery[]>;
  /** When the next delivery is due, where nothing is at present; undefined where nothing waits. */
  nextDue(): Promise<number | undefined>;
  /** For an attempt. */
  find(webhookId: string): Promise<StoredWebhook | undefined>;
  settle(deliveryId: string, result: AttemptResult): Promise<void>;
  /** Counts a failed attempt; gives how many there have been in a row. */
  countFailure(webhookId: string): Promise<number>;
  clearFailures(webhookId: string): Promise<void>;
  /** Sends nothing to an endpoint until then. */
  pause(webhookId: string, until: number): Promise<void>;
  listDeliveries(webhookId: string, page: PageRequest): Promise<Page<WebhookDelivery>>;
  /** Makes a delivery due again, whatever became of it. */
  redeliver(webhookId: string, deliveryId: string, now: number): Promise<WebhookDelivery | undefined>;
  /** Removes what was decided before. */
  forget(before: number): Promise<void>;
}
