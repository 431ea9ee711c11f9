import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { createCheckedConnector } from "../../packages/server/src/adapters/egress/create-checked-connector.ts";
import { createWebhookSender } from "../../packages/server/src/adapters/webhooks/create-webhook-sender.ts";
import { type Clock, systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import type { WebhookEvent, WebhookOutbox } from "../../packages/server/src/core/ports/webhook-outbox.ts";
import {
  createWebhookDispatcher,
  type WebhookDispatcher,
} from "../../packages/server/src/core/webhooks/create-webhook-dispatcher.ts";
import { createWebhookOutbox } from "../../packages/server/src/core/webhooks/create-webhook-outbox.ts";
import { formatWebhookSecret } from "../../packages/server/src/core/webhooks/sign-webhook.ts";
import { silentLog } from "../processes/hosting.ts";

export interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Endpoint {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves when so many have come in all. */
  until(count: number): Promise<void>;
}

/** Takes webhooks on loopback; `answer` says with which status. */
export async function startEndpoint(t: TestContext, answer: (got: Received) => number = () => 204): Promise<Endpoint> {
  const received: Received[] = [];
  let wake = (): void => {};
  const server = createServer((request, response) => {
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (text) => (body += text));
    request.on("end", () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const got = { path: request.url ?? "", headers, body };
      received.push(got);
      response.writeHead(answer(got)).end();
      wake();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // A TCP server's address is never a string.
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async until(count) {
      while (received.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** The way from the outbox to an endpoint on loopback, as the server builds it. */
export function openWay(
  store: Store,
  { url }: Endpoint,
  clock: Clock = systemClock,
): { dispatcher: WebhookDispatcher; outbox: WebhookOutbox } {
  const connector = createCheckedConnector({
    resolve: () => Promise.reject(new Error("no name is asked for")),
    privateHosts: [new URL(url).host],
    connectMs: 60_000,
    clock,
  });
  const dispatcher = createWebhookDispatcher({
    webhooks: store.webhooks,
    sender: createWebhookSender({ connector, timeoutMs: 60_000, clock }),
    hmac: (key, text) => createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64"),
    answerLinks: { addTo: async (_webhook, body) => body },
    claimMs: 120_000,
    userAgent: "Gantry/test",
    random: () => 0.5,
    clock,
    log: silentLog,
  });
  return { dispatcher, outbox: createWebhookOutbox(store.webhooks, clock, dispatcher.wake) };
}

/** Gives the endpoint's secret. */
export async function makeWebhook(store: Store, id: string, url: string, events: ["*"] | ["session.created"] = ["*"]) {
  const secret = formatWebhookSecret(randomBytes(32));
  await store.webhooks.create({ id, projectId: "prj_a", url, events, description: "", secret, createdAt: 0 });
  return secret;
}

export const sampleEvent = (id: number, changes: Partial<WebhookEvent> = {}): WebhookEvent => ({
  eventId: `event_${id}`,
  projectId: "prj_a",
  type: "session.status_idled",
  subjectId: "sesn_a",
  at: Date.UTC(2026, 10, 20, 12),
  ...changes,
});
