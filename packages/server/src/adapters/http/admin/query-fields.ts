import { z } from "zod";
import { expectedTime, readTime } from "../../../core/control/read-time.ts";

/** What queries are made of: text that becomes a value. */

const text = z.string().min(1).max(500);
export const idField = text;

/** Digits that become a number from 1 to `most`. */
function count(most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from 1 to ${most}`)
    .transform(Number)
    .refine((value) => value >= 1 && value <= most, `a whole number from 1 to ${most}`);
}

export const versionField = count(999_999_999);

/** A place in a list of numbered rows: what was read last. */
export const positionField = z
  .string()
  .regex(/^\d{1,15}$/, "the number of a row")
  .transform(Number);

/** A time as text, in epoch milliseconds. */
export const timeField = z
  .string()
  .max(40)
  .transform((given, context) => {
    const time = readTime(given);
    if (time !== undefined) return time;
    context.addIssue({ code: "custom", message: expectedTime });
    return z.NEVER;
  })
  .meta({ description: `A time: ${expectedTime}.` });

const mostRows = 200;
/** Rows of a page where the query does not say. */
export const usualRows = 50;

/** A project by which a list is filtered. */
export const projectField = idField
  .optional()
  .meta({ description: "A project, by id or name; one that is not there is a 404." });

/** The query of every list. */
export const pageFields = {
  limit: count(mostRows)
    .optional()
    .meta({ description: `Rows of a page: 1 to ${mostRows}, ${usualRows} where it is missing.` }),
  cursor: text.optional().meta({ description: "`next_cursor` of the page before." }),
};
