import { priceEntries } from "@gantry/contracts/prices";
import { routingExtension } from "@gantry/contracts/routing";
import { modelRoutes, upstreamEntries } from "@gantry/contracts/upstreams";
import type { z } from "zod";
import { choice, duration, integer, structure, text, toggle } from "./config-field.ts";
import { outwardFields } from "./outward-fields.ts";
import { retentionFields } from "./retention-fields.ts";
import { poolFields } from "./pool-fields.ts";

/** Every setting, once. Reading, `--help` and `docs/configuration.md` follow this table. */
export const configFields = {
  host: text({
    environment: "GANTRY_HOST",
    flag: "host",
    expected: "a host name or address",
    fallback: "127.0.0.1",
    meaning: "Address to listen on. Anything but a loopback address is reachable from other machines.",
  }),
  port: integer({
    environment: "GANTRY_PORT",
    flag: "port",
    from: 0,
    to: 65_535,
    fallback: 8006,
    meaning: "Port to listen on; 0 takes a free one.",
  }),
  data: text({
    environment: "GANTRY_DATA",
    flag: "data",
    expected: "a folder",
    fallback: { computed: "~/.gantry" },
    meaning: "Data directory: the admin key, and everything that lasts where no database is named.",
  }),
  database: text({
    environment: "GANTRY_DATABASE_URL",
    flag: "database",
    expected: "postgresql://user:password@host:port/database",
    secret: true,
    fallback: { computed: "the embedded store in the data directory" },
    meaning:
      "PostgreSQL database (13 or later) that holds keys, budgets, usage and audit, shared by all servers that name it. " +
      "The flag shows the password to whoever lists processes; prefer the environment.",
  }),
  upstream: choice({
    environment: "GANTRY_UPSTREAM",
    choices: ["auto", "demo", "real"],
    fallback: "auto",
    meaning:
      "`demo` (flag `--demo`) answers from the scripted demo model, `real` (flag `--no-demo`) needs a credential, " +
      "`auto` takes the demo model where there is no credential.",
  }),
  credential: choice({
    environment: "GANTRY_CREDENTIAL",
    flag: "credential",
    choices: ["api-key", "subscription"],
    fallback: { computed: "the one that is found" },
    meaning: "Which credential the CLI uses where both an API key and a subscription login are found.",
  }),
  claudeBinary: text({
    environment: "GANTRY_CLAUDE_BIN",
    flag: "claude-bin",
    expected: "the path of the claude program",
    fallback: { computed: "the one npm installed, else `claude` in PATH" },
    meaning: "The Claude Code program to run.",
  }),
  sandbox: choice({
    environment: "GANTRY_SANDBOX",
    flag: "sandbox",
    choices: ["auto", "bubblewrap", "docker", "seatbelt", "none"],
    fallback: "auto",
    meaning:
      "`auto` uses bubblewrap where it works and warns where it does not, `bubblewrap`, `docker` and `seatbelt` (macOS) insist, " +
      "`none` runs the CLI without walls: see [Security](security.md).",
  }),
  sandboxImage: text({
    environment: "GANTRY_SANDBOX_IMAGE",
    expected: "the name of an image that the engine has",
    fallback: "debian:12-slim",
    meaning: "Image of the containers where the sandbox is `docker`: Linux with glibc and /bin/sh. It is never pulled.",
  }),
  sandboxUsers: text({
    environment: "GANTRY_SANDBOX_USERS",
    expected: "two numbers such as 1900000000-1900065535",
    fallback: { computed: "1900000000-1900065535, else what a small user namespace has left" },
    meaning:
      "Numbers of the unprivileged users that a server started as root gives to the programs of each project. Nobody else may have them.",
  }),
  agentMemoryMb: integer({
    environment: "GANTRY_AGENT_MEMORY_MB",
    from: 1,
    to: 1_000_000,
    fallback: 4096,
    meaning: "Memory in megabytes that an agent process and all that it starts may use; more ends it.",
  }),
  agentCpuCores: integer({
    environment: "GANTRY_AGENT_CPU_CORES",
    from: 0,
    to: 1024,
    fallback: 0,
    meaning: "Processor cores that they may use together; 0 sets no bound.",
  }),
  agentProcesses: integer({
    environment: "GANTRY_AGENT_PROCESSES",
    from: 1,
    to: 100_000,
    fallback: 512,
    meaning: "Processes and threads that they may be at one time.",
  }),
  agentTimeMs: duration("GANTRY_AGENT_TIME_MS", 3_600_000, "Longest life of an agent process with tools"),
  agentDiskMb: integer({
    environment: "GANTRY_AGENT_DISK_MB",
    from: 1,
    to: 10_000_000,
    fallback: 4096,
    meaning: "Megabytes that the workspace of an agent with tools may grow to; more ends it.",
  }),
  maxProcesses: integer({
    environment: "GANTRY_MAX_PROCESSES",
    flag: "max-processes",
    from: 1,
    to: 1000,
    fallback: { computed: "half of the memory / 350 MB, from 2 to max(16, 4 x cores)" },
    meaning: "Most CLI processes at one time.",
  }),
  sessionProcesses: integer({
    environment: "GANTRY_SESSION_PROCESSES",
    from: 1,
    to: 1000,
    fallback: 8,
    meaning: "Agent processes of sessions at one time; the next session waits, or takes the place of one that is idle.",
  }),
  sessionIdleMs: duration("GANTRY_SESSION_IDLE_MS", 60_000, "How long a session keeps an unused process"),
  ...poolFields,
  startMs: duration("GANTRY_START_MS", 30_000, "Deadline of a CLI start"),
  firstByteMs: duration("GANTRY_FIRST_BYTE_MS", 120_000, "Deadline from the prompt to the model's first sign"),
  silenceMs: duration("GANTRY_SILENCE_MS", 120_000, "Longest silence within an answer"),
  totalMs: duration("GANTRY_TOTAL_MS", 900_000, "Deadline of a whole answer"),
  drainMs: duration("GANTRY_DRAIN_MS", 30_000, "How long running answers may go on after SIGTERM"),
  bodyLimitBytes: integer({
    environment: "GANTRY_BODY_LIMIT_BYTES",
    from: 1024,
    to: 1_073_741_824,
    fallback: 10 * 1024 * 1024,
    meaning: "Largest request body in bytes.",
  }),
  fileLimitMb: integer({
    environment: "GANTRY_FILE_LIMIT_MB",
    from: 1,
    to: 1_000_000,
    fallback: 500,
    meaning: "Largest file that may be uploaded, in megabytes.",
  }),
  fileQuotaMb: integer({
    environment: "GANTRY_FILE_QUOTA_MB",
    from: 1,
    to: 100_000_000,
    fallback: 10_000,
    meaning: "What all files of a project may take together, in megabytes.",
  }),
  ...retentionFields,
  upstreamRetries: integer({
    environment: "GANTRY_UPSTREAM_RETRIES",
    from: 0,
    to: 10,
    fallback: 2,
    meaning: "How often the CLI tries again when the model's provider fails.",
  }),
  logLevel: choice({
    environment: "GANTRY_LOG_LEVEL",
    flag: "log-level",
    choices: ["debug", "info", "warn", "error", "silent"],
    fallback: "info",
    meaning: "Least severity that is logged.",
  }),
  logPrompts: toggle({
    environment: "GANTRY_LOG_PROMPTS",
    fallback: false,
    meaning: "Whether the prompts of all requests are logged, at the level `debug`. They are in no log otherwise.",
  }),
  prices: structure({
    environment: "GANTRY_PRICES",
    schema: priceEntries,
    expected: 'a list of prices such as [{"model":"my-model-*","input":3000000,"output":15000000}]',
    fallback: [],
    meaning:
      "Prices in micro-dollars per million tokens, by a model's id with `*` for any text; they go before the built-in ones.",
  }),
  routing: structure({
    environment: "GANTRY_ROUTING",
    schema: routingExtension,
    expected: "rules as docs/operations.md describes them",
    fallback: {},
    meaning: "What `auto` goes by, besides the built-in rules: see [Operations](operations.md#routing).",
  }),
  upstreams: structure({
    environment: "GANTRY_UPSTREAMS",
    schema: upstreamEntries,
    expected: 'upstreams by name such as {"local":{"kind":"openai-compatible","baseUrl":"http://127.0.0.1:11434/v1"}}',
    fallback: {},
    meaning: "Model APIs that calls may go to, by name: see [Model plane](model-plane.md#upstreams).",
  }),
  models: structure({
    environment: "GANTRY_MODELS",
    schema: modelRoutes,
    expected: 'a list of routes such as [{"model":"claude-*haiku*","to":["local/small"]}]',
    fallback: [],
    meaning:
      "Which models go to which upstream, by name with `*` for any text: see [Model plane](model-plane.md#models).",
  }),
  ...outwardFields,
} as const;

export type FieldName = keyof typeof configFields;
export type FieldValue<Name extends FieldName> = z.infer<(typeof configFields)[Name]["schema"]>;

// The keys of an object literal that nobody extends are exactly its names.
export const fieldNames = Object.keys(configFields) as readonly FieldName[];
