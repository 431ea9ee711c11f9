import { pino } from "pino";
import type { Log } from "../core/ports/log.ts";
import type { Config } from "./config.ts";
import { createLineWriter } from "./line-writer.ts";
import { toErrorFields } from "./error-fields.ts";

const standardError = 2;

/** JSON lines on standard error: standard output belongs to what the person at the terminal is to read. */
export function createLog(level: Config["logLevel"]): Log {
  const serializers = { err: (error: unknown) => toErrorFields(error) };
  return pino({ level, base: null, serializers }, createLineWriter(standardError));
}
