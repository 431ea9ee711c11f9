import type { WebhookDelivery } from "@gantry/contracts/webhooks";
import { sql, type Expression, type ExpressionBuilder, type Kysely, type Selectable, type SqlBool } from "kysely";
import type { QueuedEvent, WebhookStore } from "../../../core/ports/webhook-store.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";

type DeliveryQueries = Pick<
  WebhookStore,
  "enqueue" | "enqueueFor" | "claim" | "nextDue" | "settle" | "listDeliveries" | "redeliver" | "forget"
>;

export function createDeliveryQueries(db: Kysely<Database>): DeliveryQueries {
  const get = async (webhookId: string, id: string): Promise<WebhookDelivery | undefined> => {
    const query = db.selectFrom("webhook_deliveries").selectAll().where("id", "=", id);
    const row = await query.where("webhook_id", "=", webhookId).executeTakeFirst();
    return row && toDelivery(row);
  };

  return {
    enqueue: (event) =>
      enqueueFor(db, event, (of) =>
        of.and([
          of("project_id", "=", event.projectId),
          of("disabled", "=", 0),
          // The types are words between quotes in a list.
          of.or([of("events", "like", '%"*"%'), of("events", "like", `%"${event.type}"%`)]),
        ]),
      ),
    async enqueueFor(webhookId, event) {
      await enqueueFor(db, event, (of) => of("id", "=", webhookId));
      return await get(webhookId, `${webhookId}.${event.eventId}`);
    },
    async claim({ now, until, limit, perWebhook }) {
      const due = db
        .selectFrom("webhook_deliveries as due")
        .innerJoin("webhooks", "webhooks.id", "due.webhook_id")
        .where("due.state", "=", "pending")
        .where("due.at", "<=", now)
        .where("webhooks.disabled", "=", 0)
        .where("webhooks.paused_until", "<=", now)
        .select([
          "due.id",
          "due.at",
          sql<number>`row_number() over (partition by due.webhook_id order by due.at)`.as("place"),
        ]);
      const chosen = db.selectFrom(due.as("ranked")).select("id").where("place", "<=", perWebhook);
      const rows = await db
        .updateTable("webhook_deliveries")
        .set((to) => ({ at: until, attempts: to("attempts", "+", 1) }))
        .where("id", "in", chosen.orderBy("ranked.at").limit(limit))
        // Looked at again under the row's lock: of two that chose the same, one gets it.
        .where("state", "=", "pending")
        .where("at", "<=", now)
        .returning(["id", "webhook_id", "event_id", "body", "attempts", "created_at"])
        .execute();
      return rows.map((row) => ({
        id: row.id,
        webhookId: row.webhook_id,
        eventId: row.event_id,
        body: row.body,
        attempts: row.attempts,
        createdAt: row.created_at,
      }));
    },
    async nextDue() {
      const row = await db
        .selectFrom("webhook_deliveries as due")
        .innerJoin("webhooks", "webhooks.id", "due.webhook_id")
        .where("due.state", "=", "pending")
        .where("webhooks.disabled", "=", 0)
        .select(
          sql<
            number | null
          >`min(case when due.at > webhooks.paused_until then due.at else webhooks.paused_until end)`.as("at"),
        )
        .executeTakeFirst();
      return row?.at ?? undefined;
    },
    async settle(id, { state, status, error, at }) {
      const result = { state, at, last_status: status, last_error: error };
      await db.updateTable("webhook_deliveries").set(result).where("id", "=", id).execute();
    },
    async listDeliveries(webhookId, { limit, cursor }) {
      let query = db.selectFrom("webhook_deliveries").selectAll().where("webhook_id", "=", webhookId);
      if (cursor !== undefined) {
        const position = await findPosition(db, "webhook_deliveries", "created_at", cursor);
        query = query.where(isAfter("created_at", "id", position));
      }
      const rows = await query
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      return toPage(rows, limit, toDelivery, ({ id }) => id);
    },
    async redeliver(webhookId, id, now) {
      const query = db.updateTable("webhook_deliveries").set({ state: "pending", attempts: 0, at: now });
      await query.where("id", "=", id).where("webhook_id", "=", webhookId).execute();
      return await get(webhookId, id);
    },
    async forget(before) {
      await db.deleteFrom("webhook_deliveries").where("state", "!=", "pending").where("at", "<", before).execute();
      // Those of an endpoint that stayed disabled.
      await db.deleteFrom("webhook_deliveries").where("state", "=", "pending").where("at", "<", before).execute();
    },
  };
}

/** One delivery for each of these endpoints; one that is queued already stays as it is. */
async function enqueueFor(
  db: Kysely<Database>,
  { eventId, type, body, now }: QueuedEvent,
  isMeant: (of: ExpressionBuilder<Database, "webhooks">) => Expression<SqlBool>,
): Promise<void> {
  const text = (value: string) => sql<string>`cast(${value} as text)`;
  const time = sql<number>`cast(${now} as bigint)`;
  const rows = db
    .selectFrom("webhooks")
    .select([
      sql<string>`id || '.' || cast(${eventId} as text)`.as("id"),
      "id as webhook_id",
      text(eventId).as("event_id"),
      text(type).as("type"),
      text(body).as("body"),
      sql<string>`'pending'`.as("state"),
      sql<number>`0`.as("attempts"),
      time.as("at"),
      time.as("created_at"),
    ])
    .where(isMeant);
  await db
    .insertInto("webhook_deliveries")
    .columns(["id", "webhook_id", "event_id", "type", "body", "state", "attempts", "at", "created_at"])
    .expression(rows)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

function toDelivery(row: Selectable<Database["webhook_deliveries"]>): WebhookDelivery {
  const state = row.state as WebhookDelivery["state"]; // Written by the queries above alone.
  return {
    id: row.id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    type: row.type as WebhookDelivery["type"],
    state,
    attempts: row.attempts,
    nextAttemptAt: state === "pending" ? row.at : null,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at,
    deliveredAt: state === "delivered" ? row.at : null,
  };
}
