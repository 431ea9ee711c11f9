import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Session } from "@gantry/contracts/sessions";
import type { Principal } from "../access/principal.ts";
import type { SessionRecord, SessionStore } from "../ports/session-store.ts";
import type { EventPage, EventQuery, SessionPage, SessionQuery } from "./session-service.ts";
import { toSessionEvent } from "./to-session-event.ts";

/** Where a page begins: behind an item in the order asked for, or before it, going back. */
interface Cursor<Place> {
  readonly order: "asc" | "desc";
  readonly back: boolean;
  readonly place: Place;
}

type Order = "asc" | "desc";
const reversed = (order: Order): Order => (order === "asc" ? "desc" : "asc");

function unknownCursor(): FailureError {
  const message = "page: the cursor is not one that this list gave, or of another order; begin again without it.";
  return new FailureError(toFailure("invalid_request", message, { param: "page" }));
}

function encode<Place>({ order, back, place }: Cursor<Place>): string {
  return [order, back ? "b" : "f", ...(Array.isArray(place) ? place : [place])].join(".");
}

function decode(text: string, wanted: Order | undefined, parts: number): Cursor<readonly string[]> {
  const [order, direction, ...place] = text.split(".");
  const isKnown = (order === "asc" || order === "desc") && (direction === "f" || direction === "b");
  if (!isKnown || place.length !== parts || (wanted !== undefined && wanted !== order)) throw unknownCursor();
  return { order, back: direction === "b", place };
}

function readNumber(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw unknownCursor();
  return Number(text);
}

/** Turns rows that were read towards one end into a page with both its cursors. */
function toPage<Row, Place>(
  rows: readonly Row[],
  { limit, order, back, begins }: { limit: number; order: Order; back: boolean; begins: boolean },
  toPlace: (row: Row) => Place,
): { readonly rows: readonly Row[]; readonly nextCursor: string | null; readonly previousCursor: string | null } {
  const hasMore = rows.length > limit;
  const kept = back ? rows.slice(0, limit).toReversed() : rows.slice(0, limit);
  const [first, last] = [kept[0], kept.at(-1)];
  const next = last !== undefined && (back || hasMore) ? encode({ order, back: false, place: toPlace(last) }) : null;
  const isFirst = back ? !hasMore : begins;
  const previous = first !== undefined && !isFirst ? encode({ order, back: true, place: toPlace(first) }) : null;
  return { rows: kept, nextCursor: next, previousCursor: previous };
}

export async function listSessionEvents(store: SessionStore, sessionId: string, query: EventQuery): Promise<EventPage> {
  const cursor = query.cursor === undefined ? undefined : decode(query.cursor, query.order, 1);
  const { order = query.order ?? "asc", back = false } = cursor ?? {};
  const from = cursor === undefined ? query.after : readNumber(cursor.place[0]);
  const found = await store.listEvents({
    sessionId,
    order: back ? reversed(order) : order,
    limit: query.limit + 1,
    ...(from !== undefined && { from }),
    ...(query.types !== undefined && { types: query.types }),
    ...(query.processedAt !== undefined && { processedAt: query.processedAt }),
  });
  const begins = cursor === undefined;
  const page = toPage(found, { limit: query.limit, order, back, begins }, ({ sequence }) => sequence);
  return { ...page, items: page.rows.map(toSessionEvent) };
}

export async function listSessions(
  { store }: { readonly store: SessionStore },
  principal: Principal,
  query: SessionQuery,
  show: (records: readonly SessionRecord[]) => Promise<readonly Session[]>,
): Promise<SessionPage> {
  const cursor = query.cursor === undefined ? undefined : decode(query.cursor, query.order, 2);
  const { order = query.order ?? "desc", back = false } = cursor ?? {};
  const { agentId, agentVersion, statuses, createdAt } = query;
  const found = await store.list({
    order: back ? reversed(order) : order,
    limit: query.limit + 1,
    includeArchived: query.includeArchived ?? false,
    ...(!principal.scopes.includes("admin") && { projectId: principal.projectId }),
    ...(cursor !== undefined && { from: { at: readNumber(cursor.place[0]), id: cursor.place[1] ?? "" } }),
    ...(agentId !== undefined && { agentId }),
    ...(agentVersion !== undefined && { agentVersion }),
    ...(statuses !== undefined && { statuses }),
    ...(createdAt !== undefined && { createdAt }),
  });
  const begins = cursor === undefined;
  const page = toPage(found, { limit: query.limit, order, back, begins }, ({ createdAt: at, id }) => [String(at), id]);
  return { nextCursor: page.nextCursor, previousCursor: page.previousCursor, items: await show(page.rows) };
}
