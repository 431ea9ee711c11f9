import type { Webhook } from "@gantry/contracts/webhooks";
import type { Kysely, Selectable, Updateable } from "kysely";
import type { StoredWebhook, WebhookChange, WebhookStore } from "../../../core/ports/webhook-store.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";
import { createDeliveryQueries } from "./webhook-delivery-queries.ts";

/** Webhooks on either store. Every write is one statement. */
export function createWebhookStore(database: Kysely<Database>): WebhookStore {
  const db = database.withPlugin(createCleanTextPlugin());
  const findRow = (id: string) => db.selectFrom("webhooks").selectAll().where("id", "=", id).executeTakeFirst();
  const get = async (id: string): Promise<Webhook | undefined> => {
    const row = await findRow(id);
    return row && toWebhook(row);
  };

  return {
    ...createDeliveryQueries(db),
    async create(webhook) {
      const row = {
        id: webhook.id,
        project_id: webhook.projectId,
        url: webhook.url,
        events: JSON.stringify(webhook.events),
        description: webhook.description,
        secret: webhook.secret,
        previous_secret: null,
        previous_until: 0,
        link_secret: webhook.linkSecret ?? null,
        disabled: 0,
        failures: 0,
        paused_until: 0,
        created_at: webhook.createdAt,
      };
      const query = db.insertInto("webhooks").values(row).returningAll();
      return toWebhook(await refuseTaken(query.executeTakeFirstOrThrow(), "A webhook of this id exists already."));
    },
    get,
    async find(id) {
      const row = await findRow(id);
      return row && toStoredWebhook(row);
    },
    async list({ limit, cursor, projectId }) {
      let query = db.selectFrom("webhooks").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "webhooks", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toWebhook, ({ id }) => id);
    },
    async update(id, update) {
      const changes = toChanges(update);
      if (Object.keys(changes).length > 0) await db.updateTable("webhooks").set(changes).where("id", "=", id).execute();
      return get(id);
    },
    async rotate(id, secret, previousUntil) {
      const row = await db
        .updateTable("webhooks")
        .set((to) => ({ previous_secret: to.ref("secret"), previous_until: previousUntil, secret }))
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirst();
      return row && toWebhook(row);
    },
    async remove(id) {
      // The endpoint first: what is queued meanwhile has none, and is gone with the rest.
      const row = await db.deleteFrom("webhooks").where("id", "=", id).returning("id").executeTakeFirst();
      await db.deleteFrom("webhook_deliveries").where("webhook_id", "=", id).execute();
      return row !== undefined;
    },
    async countFailure(id) {
      const row = await db
        .updateTable("webhooks")
        .set((to) => ({ failures: to("failures", "+", 1) }))
        .where("id", "=", id)
        .returning("failures")
        .executeTakeFirst();
      return row?.failures ?? 0;
    },
    async clearFailures(id) {
      const query = db.updateTable("webhooks").set({ failures: 0, paused_until: 0 }).where("id", "=", id);
      await query.where("failures", ">", 0).execute();
    },
    async pause(id, until) {
      await db.updateTable("webhooks").set({ paused_until: until }).where("id", "=", id).execute();
    },
  };
}

function toChanges(update: WebhookChange): Updateable<Database["webhooks"]> {
  return {
    ...(update.url !== undefined && { url: update.url }),
    ...(update.events !== undefined && { events: JSON.stringify(update.events) }),
    ...(update.description !== undefined && { description: update.description }),
    ...(update.linkSecret !== undefined && { link_secret: update.linkSecret }),
    ...(update.disabled !== undefined && { disabled: Number(update.disabled) }),
    ...(update.disabled === false && { failures: 0, paused_until: 0 }),
  };
}

/** Without the secrets: this is what is shown. */
function toWebhook(row: Selectable<Database["webhooks"]>): Webhook {
  return {
    id: row.id,
    projectId: row.project_id,
    url: row.url,
    events: JSON.parse(row.events),
    description: row.description,
    answerLinks: row.link_secret !== null,
    disabled: row.disabled !== 0,
    failuresInARow: row.failures,
    pausedUntil: row.paused_until,
    createdAt: row.created_at,
  };
}

function toStoredWebhook(row: Selectable<Database["webhooks"]>): StoredWebhook {
  const { secret, previous_secret: previousSecret, previous_until: previousUntil } = row;
  return { ...toWebhook(row), secret, previousSecret, previousUntil, linkSecret: row.link_secret };
}
