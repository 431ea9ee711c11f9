import { z } from "zod";
import type { Page, PageRequest } from "../../../core/ports/control-store.ts";

/** The answer of a list. */
export function managedList<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ data: z.array(item).readonly(), next_page: z.string().nullable() });
}

export function toManagedList<Item>({ items, nextCursor }: Page<Item>) {
  return { data: items, next_page: nextCursor };
}

export function toManagedPageRequest({ limit, page }: { limit: number; page?: string | undefined }): PageRequest {
  return { limit, ...(page !== undefined && { cursor: page }) };
}
