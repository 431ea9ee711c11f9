import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import type { InteractionRecord, SessionStore } from "../ports/session-store.ts";
import type { StoredWebhook, WebhookStore } from "../ports/webhook-store.ts";
import type { Hmac } from "./sign-webhook.ts";

export interface AnswerLinksParts {
  readonly webhooks: Pick<WebhookStore, "find">;
  readonly sessions: Pick<SessionStore, "findInteraction" | "listInteractions">;
  readonly hmac: Hmac;
  /** Compares two texts in a time that tells nothing of them. */
  sameText(left: string, right: string): boolean;
  /** Where people reach this server; undefined where no links are given. */
  readonly publicUrl: string | undefined;
  readonly clock: Pick<Clock, "epoch">;
}

/** What a genuine link is about. */
export interface LinkedInteraction {
  readonly interaction: InteractionRecord;
  readonly webhookId: string;
}

/** Links that let whoever holds them answer what an agent waits for. Each is good for one interaction, until its deadline. */
export interface AnswerLinks {
  /** The body of a delivery with the links that this endpoint asked for; as it is where it asked for none or nothing waits. */
  addTo(webhook: StoredWebhook, body: string): Promise<string>;
  /** Rejects with a `FailureError` `forbidden` for a link that is not genuine, was withdrawn or is too old. */
  read(token: string): Promise<LinkedInteraction>;
}

export const answerPath = "/v1/interactions/answer";
const mostLinks = 20;

export function createAnswerLinks(parts: AnswerLinksParts): AnswerLinks {
  const { webhooks, sessions, hmac, sameText, publicUrl, clock } = parts;
  const sign = (key: string, { id, sessionId }: InteractionRecord, webhookId: string, expires: string): string =>
    toUrlSafe(hmac(key, ["answer an interaction", id, sessionId, webhookId, expires].join("\n")));

  return {
    async addTo({ id: webhookId, projectId, linkSecret }, body) {
      if (linkSecret === null || publicUrl === undefined) return body;
      const event = JSON.parse(body) as { data: { type: string; id: string } }; // As the outbox made it.
      if (event.data.type !== "session.requires_action") return body;
      const query = { sessionId: event.data.id, projectId, states: ["open"], limit: mostLinks } as const;
      const { items } = await sessions.listInteractions(query);
      const links = items.map((interaction) => {
        const expires = String(interaction.deadline);
        const token = [interaction.id, webhookId, expires, sign(linkSecret, interaction, webhookId, expires)].join(".");
        const url = `${publicUrl.replace(/\/+$/, "")}${answerPath}?token=${token}`;
        return { interaction_id: interaction.id, url, expires_at: new Date(interaction.deadline).toISOString() };
      });
      return links.length === 0 ? body : JSON.stringify({ ...event, gantry: { answer_links: links } });
    },
    async read(token) {
      const [id = "", webhookId = "", expires = "", signature = "", ...rest] = token.split(".");
      if (rest.length > 0 || !/^\d{1,15}$/.test(expires)) throw refuse(notGenuine);
      const [webhook, interaction] = await Promise.all([webhooks.find(webhookId), sessions.findInteraction(id)]);
      const key = webhook?.linkSecret ?? null;
      if (webhook === undefined || interaction === undefined || key === null || webhook.disabled) {
        throw refuse(notGenuine);
      }
      const isGenuine = sameText(sign(key, interaction, webhookId, expires), signature);
      if (!isGenuine || webhook.projectId !== interaction.projectId) throw refuse(notGenuine);
      // What was decided may still be told.
      if (interaction.state === "open" && Number(expires) <= clock.epoch()) {
        throw refuse("The link is too old: the time to answer is over.");
      }
      return { interaction, webhookId };
    },
  };
}

const notGenuine = "The link is not genuine, or it was withdrawn: use the newest one as it was sent.";

function refuse(message: string): FailureError {
  return new FailureError(toFailure("forbidden", message));
}

function toUrlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
