import { z } from "zod";

/** Where models are, as data of the configuration. */

export const upstreamKinds = ["anthropic", "openai", "openai-compatible", "azure-openai"] as const;
export type UpstreamKind = (typeof upstreamKinds)[number];

/** How a call is written for an upstream. */
export type UpstreamDialect = "anthropic-messages" | "openai-chat" | "openai-responses";

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and - only");
const model = z.string().min(1).max(256);
const durationMs = z.int().min(1).max(86_400_000);

/** Reads a credential from the environment, so that no config file has to hold it. */
export const variable = z.string().regex(/^[A-Z][A-Z0-9_]{0,127}$/, "the name of an environment variable");

const common = {
  /** Names of the environment variables that hold its keys; several are used in turn. */
  keys: z.array(variable).max(20).default([]),
  /** Calls at one time, and connections; more calls wait in a queue that is fair between those who call. */
  maxConcurrent: z.int().min(1).max(100_000).default(256),
  queueLength: z.int().min(0).max(100_000).default(1000),
  queueWaitMs: durationMs.default(30_000),
  /** How often a call is tried again here, where nothing of an answer has been passed on. */
  retries: z.int().min(0).max(10).default(2),
  /** Until a connection is there and the request can be written. */
  connectMs: durationMs.default(10_000),
  /** From the request to the answer's headers, which for one that is not streamed come when it is done. */
  headersMs: durationMs.default(600_000),
  /** From the headers to the first byte of the body. */
  firstByteMs: durationMs.default(120_000),
  /** Between two pieces of the body, while the client takes what comes. */
  silenceMs: durationMs.default(120_000),
};

/** What a URL may hold besides the address would be lost, or be a secret in the wrong place. */
export const baseUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => !/[?#]|:\/\/[^/]*@/.test(text), "expected no user, query or fragment");

export const upstreamEntry = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("anthropic"), baseUrl: baseUrl.default("https://api.anthropic.com"), ...common }),
  z.strictObject({
    kind: z.literal("openai"),
    baseUrl: baseUrl.default("https://api.openai.com/v1"),
    api: z.enum(["chat", "responses"]).default("chat"),
    ...common,
  }),
  z.strictObject({
    kind: z.literal("openai-compatible"),
    /** With its path, such as `http://127.0.0.1:11434/v1`. */
    baseUrl,
    api: z.enum(["chat", "responses"]).default("chat"),
    ...common,
  }),
  z.strictObject({
    kind: z.literal("azure-openai"),
    /** Of the resource, such as `https://name.openai.azure.com`. */
    baseUrl,
    apiVersion: z.string().min(1).max(64).default("2024-10-21"),
    ...common,
  }),
]);
export type UpstreamEntry = z.infer<typeof upstreamEntry>;

/** Upstreams by name. */
export const upstreamEntries = z.record(name, upstreamEntry);
export type UpstreamEntries = z.infer<typeof upstreamEntries>;

/** `upstream/model`: where a call goes and what the model is called there; without a model, the name as it came. */
const target = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}(\/.{1,256})?$/, "UPSTREAM or UPSTREAM/MODEL");

/**
 * Which models go where: the first that matches counts. `to` lists targets in the order in which they are tried; later
 * ones only where those before failed for a passing reason, or know none of our keys, and nothing had been passed on.
 */
export const modelRoutes = z
  .array(
    z.strictObject({
      /** A model's name, with `*` for any text. */
      model,
      to: z.array(target).min(1).max(10),
      /**
       * Which road `POST /v1/chat/completions` takes: `direct` to the upstream, or through the agent program. Without it,
       * `direct` where the agent program does not know the model.
       */
      driver: z.enum(["direct", "claude"]).optional(),
    }),
  )
  .max(1000);
export type ModelRoutes = z.infer<typeof modelRoutes>;
