import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { getCACertificates } from "node:tls";
import { createCheckedConnector } from "../adapters/egress/create-checked-connector.ts";
import { createWebhookSender } from "../adapters/webhooks/create-webhook-sender.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";
import type { WebhookOutbox } from "../core/ports/webhook-outbox.ts";
import { type AnswerLinks, createAnswerLinks } from "../core/webhooks/create-answer-links.ts";
import { createWebhookDispatcher, type WebhookDispatcher } from "../core/webhooks/create-webhook-dispatcher.ts";
import { createWebhookOutbox } from "../core/webhooks/create-webhook-outbox.ts";
import type { Hmac } from "../core/webhooks/sign-webhook.ts";
import type { Config } from "./config.ts";
import { lookUpHost } from "./look-up-host.ts";
import { readGantryVersion } from "./version.ts";

export interface OpenWebhooks extends WebhookDispatcher {
  /** Where others put what webhooks are to tell. */
  readonly outbox: WebhookOutbox;
  readonly answerLinks: AnswerLinks;
}

export interface WebhookOptions {
  readonly config: Pick<Config, "webhooks">;
  readonly store: Pick<Store, "webhooks" | "sessions">;
  /** Extra certificates in PEM form. */
  readonly certificates: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Builds the way of webhooks: from the queue in the store to endpoints outside. */
export function openWebhooks({ config, store, certificates, clock, log }: WebhookOptions): OpenWebhooks {
  const { privateHosts, timeoutMs, publicUrl } = config.webhooks;
  const hmac: Hmac = (key, text) => createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const answerLinks = createAnswerLinks({
    webhooks: store.webhooks,
    sessions: store.sessions,
    hmac,
    sameText: (left, right) => timingSafeEqual(digest(left), digest(right)),
    publicUrl,
    clock,
  });
  const dispatcher = createWebhookDispatcher({
    webhooks: store.webhooks,
    sender: createWebhookSender({
      connector: createCheckedConnector({ resolve: lookUpHost, privateHosts, connectMs: timeoutMs, clock }),
      timeoutMs,
      ...(certificates === undefined ? {} : { trust: [...getCACertificates("default"), certificates] }),
      clock,
    }),
    hmac,
    answerLinks,
    claimMs: 2 * timeoutMs + 5_000,
    userAgent: `Gantry/${readGantryVersion()}`,
    random: Math.random,
    clock,
    log,
  });
  return { ...dispatcher, answerLinks, outbox: createWebhookOutbox(store.webhooks, clock, dispatcher.wake) };
}
