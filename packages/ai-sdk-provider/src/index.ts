import {
  createOpenAICompatible,
  type MetadataExtractor,
  type OpenAICompatibleProvider,
} from "@ai-sdk/openai-compatible";

export interface GantryProviderSettings {
  /** Where the server is; with `/v1` behind it or without. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Sent with every request, such as `x-gantry-driver`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Another one than the platform's, for a proxy or a test. */
  readonly fetch?: typeof fetch;
}

/** What `providerMetadata.gantry` holds of an answer. */
export interface GantryMetadata {
  /** US dollars; null where the price of the model is not known. */
  readonly cost: number | null;
}

/**
 * Gantry as a provider of the AI SDK: `createGantry(…)("sonnet")` is a language model, `.embeddingModel(…)` one of an upstream. JSON by a schema is
 * held by the server, the figures of streams are asked for, and what an answer cost is in `providerMetadata.gantry`. Models are named by short names, full
 * ids, or `auto`. Setting `reasoningEffort` and others stand under `providerOptions.gantry`.
 */
export function createGantry({ baseUrl, apiKey, headers, fetch }: GantryProviderSettings): OpenAICompatibleProvider {
  return createOpenAICompatible({
    name: "gantry",
    baseURL: `${baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1`,
    apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
    metadataExtractor,
    ...(headers !== undefined && { headers: { ...headers } }),
    ...(fetch !== undefined && { fetch }),
  });
}

const metadataExtractor: MetadataExtractor = {
  extractMetadata: async ({ parsedBody }) => toMetadata(readCost(parsedBody)),
  createStreamExtractor() {
    let cost: number | null | undefined;
    return {
      processChunk(chunk) {
        cost = readCost(chunk) ?? cost;
      },
      buildMetadata: () => toMetadata(cost),
    };
  },
};

/** Undefined where nothing is said of it, as by an upstream that is called directly. */
function readCost(body: unknown): number | null | undefined {
  if (typeof body !== "object" || body === null || !("cost" in body)) return undefined;
  return typeof body.cost === "number" || body.cost === null ? body.cost : undefined;
}

function toMetadata(cost: number | null | undefined): { gantry: { cost: number | null } } | undefined {
  return cost === undefined ? undefined : { gantry: { cost } };
}
