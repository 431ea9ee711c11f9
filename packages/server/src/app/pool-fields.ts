import { duration, integer } from "./config-field.ts";

/** The settings of the processes that answer chats. */
export const poolFields = {
  minReady: integer({
    environment: "GANTRY_MIN_READY",
    from: 0,
    to: 1000,
    fallback: 1,
    meaning: "Processes kept ready for the next request.",
  }),
  queueLength: integer({
    environment: "GANTRY_QUEUE_LENGTH",
    from: 0,
    to: 100_000,
    fallback: 64,
    meaning: "Requests that may wait for a process; the next one gets a 429.",
  }),
  queueWaitMs: duration("GANTRY_QUEUE_WAIT_MS", 30_000, "Longest wait for a process"),
  idleMs: duration("GANTRY_IDLE_MS", 600_000, "A process above `minReady` that is not used for so long is ended"),
  toolWaitMs: duration("GANTRY_TOOL_WAIT_MS", 300_000, "How long a process waits for the results of a client's tools"),
  toolWaits: integer({
    environment: "GANTRY_TOOL_WAITS",
    from: 0,
    to: 1000,
    fallback: { computed: "half of `maxProcesses`, at least 1" },
    meaning:
      "Processes that may wait for the results of clients' tools; the next one takes the place of the one that waits longest.",
  }),
  maxTurns: integer({
    environment: "GANTRY_MAX_TURNS",
    from: 1,
    to: 1_000_000,
    fallback: 500,
    meaning: "Turns after which a process is replaced.",
  }),
  maxProcessMemoryMb: integer({
    environment: "GANTRY_MAX_PROCESS_MEMORY_MB",
    from: 1,
    to: 1_000_000,
    fallback: 800,
    meaning: "Resident memory in megabytes above which a process is replaced.",
  }),
} as const;
