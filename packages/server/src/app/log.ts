import { pino } from "pino";
import type { Log } from "../core/ports/log.ts";
import type { Config } from "./config.ts";
import { toErrorFields } from "./error-fields.ts";

/** JSON lines on standard error: standard output belongs to what the person at the terminal is to read. */
export function createLog(level: Config["logLevel"]): Log {
  const serializers = { err: (error: unknown) => toErrorFields(error) };
  return pino({ level, base: null, serializers }, createLineWriter());
}

/** More than are ever written in one turn of the loop; these are written at once. */
const mostWaiting = 16_000;

/** Writes all lines of one turn of the event loop together: with one line a request, each would cost a call of the system. */
function createLineWriter(): { write(line: string): void } {
  const destination = pino.destination({ dest: 2, sync: true, minLength: mostWaiting });
  let isPlanned = false;

  function flush(): void {
    isPlanned = false;
    try {
      destination.flushSync();
    } catch (error) {
      // Where the reader is gone, the library is silent from then on.
      destination.emit("error", error);
    }
  }

  process.on("exit", flush);
  return {
    write(line) {
      destination.write(line);
      if (!isPlanned) setImmediate(flush);
      isPlanned = true;
    },
  };
}
