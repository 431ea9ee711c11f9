import { z } from "zod";
import { idField, timeField } from "../admin/query-fields.ts";

/** What the queries of the managed API are made of. Arrays come as `name[]` or `name`, once or many times. */

const digits = z.string().regex(/^\d{1,9}$/, "a whole number");

/** Rows of a page. */
export function limitField(usual: number, most: number) {
  return digits
    .transform(Number)
    .refine((value) => value >= 1 && value <= most, `a whole number from 1 to ${most}`)
    .prefault(String(usual))
    .meta({ description: `Rows of a page: 1 to ${most}, ${usual} where it is missing.` });
}

export const pageFields = {
  limit: limitField(20, 1000),
  page: idField.optional().meta({ description: "`next_page` of the page before." }),
};

export const flagField = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .optional();

export const orderField = z.enum(["asc", "desc"]).optional();

/** A place in a log. */
export const sequenceField = z
  .string()
  .regex(/^\d{1,15}$/, "the sequence of an event")
  .transform(Number);

export const versionField = digits
  .transform(Number)
  .refine((value) => value >= 1, "a whole number from 1 on")
  .optional();

/** One value or several of one name. */
export function listField<Schema extends z.ZodType>(schema: Schema, most: number) {
  return z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(schema).max(most)).optional();
}

/** Times are compared in milliseconds. */
export const createdAtFields = {
  "created_at[gt]": timeField.optional(),
  "created_at[gte]": timeField.optional(),
  "created_at[lt]": timeField.optional(),
  "created_at[lte]": timeField.optional(),
};

/** The bounds that a query names, for a service. */
export function toBounds(query: { readonly [Field in keyof typeof createdAtFields]?: number | undefined }) {
  const { "created_at[gt]": gt, "created_at[gte]": gte, "created_at[lt]": lt, "created_at[lte]": lte } = query;
  return {
    ...(gt !== undefined && { gt }),
    ...(gte !== undefined && { gte }),
    ...(lt !== undefined && { lt }),
    ...(lte !== undefined && { lte }),
  };
}

/** `types[]` and `types` are one name. */
export function joinArrayNames(query: unknown): Record<string, unknown> {
  const joined: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(query ?? {})) {
    const name = given.endsWith("[]") ? given.slice(0, -2) : given;
    const before = Object.hasOwn(joined, name) ? joined[name] : undefined;
    joined[name] = before === undefined ? value : [before, value].flat();
  }
  return joined;
}
