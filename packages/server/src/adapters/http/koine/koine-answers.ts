import { z } from "zod";

/* What the routes of Koine's gateway answer, as schemas, for the OpenAPI document. */

const count = z.int();
const usage = z.object({ inputTokens: count, outputTokens: count, totalTokens: count });
const sessionId = z.string().meta({ description: "Send it with the next request to go on." });
const load = z.object({ active: count, limit: count });

export const koineText = z.object({ text: z.string(), usage, sessionId });
export const koineObject = z.object({ object: z.unknown(), rawText: z.string(), usage, sessionId });

export const koineHealth = z.object({
  status: z.enum(["healthy", "unhealthy"]),
  claudeCli: z.enum(["available", "unavailable"]),
  timestamp: z.string().meta({ format: "date-time" }),
  concurrency: z.object({ streaming: load, nonStreaming: load }),
});

const told = {
  session: z.object({ sessionId }),
  text: z.object({ text: z.string() }),
  partialObject: z.object({ partial: z.string(), parsed: z.unknown() }),
  object: z.object({ object: z.unknown() }),
  result: z.object({ sessionId, usage }),
  error: z.object({ error: z.string(), code: z.string() }),
  done: z.object({ code: count, signal: z.null() }),
};

/** The `data` of the events `session`, `text`, `result`, `error` and `done`. */
export const koineTextEvent = z.union([told.session, told.text, told.result, told.error, told.done]);
/** The `data` of the events `session`, `partial-object`, `object`, `result`, `error` and `done`. */
export const koineObjectEvent = z.union([
  told.session,
  told.partialObject,
  told.object,
  told.result,
  told.error,
  told.done,
]);

export const koineError = z.object({
  error: z.string(),
  code: z.string().optional(),
  rawText: z.string().optional().meta({ description: "The field at fault." }),
});
