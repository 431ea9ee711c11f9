import { pino } from "pino";
import type { Log } from "../core/ports/log.ts";
import type { Config } from "./config.ts";

/** JSON lines on standard error: standard output belongs to what the person at the terminal is to read. */
export function createLog(level: Config["logLevel"]): Log {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}
