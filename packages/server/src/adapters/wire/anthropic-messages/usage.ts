import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import type { BilledUsage } from "../../../core/budgets/price-table.ts";
import { isRecord } from "../check-shape.ts";

export interface MessagesUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
}

/** In both, the three input figures do not overlap. */
export function encodeUsage(usage: TokenUsage): MessagesUsage {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    output_tokens: usage.outputTokens,
  };
}

/** Reads what the upstream tells of the usage, bit by bit. */
export interface UsageReader {
  /** The `usage` of a message or of a `message_delta`. Never throws; what is no figure counts as left out. */
  read(value: unknown): void;
  readonly usage: BilledUsage;
}

/**
 * Each `usage` holds the whole message's figures so far and may leave out what did not change. A summary that the vendor
 * makes of a long conversation is billed as well, but is not among them: it stands in a list of its own.
 */
export function createUsageReader(): UsageReader {
  let figures = noFigures;
  let summaries = noFigures;
  return {
    read(value) {
      if (!isRecord(value)) return;
      figures = readFigures(value, figures);
      const iterations: unknown = value["iterations"];
      if (Array.isArray(iterations)) summaries = addSummaries(iterations);
    },
    get usage() {
      const { cacheWrite1hTokens, ...usage } = addFigures(figures, summaries);
      return cacheWrite1hTokens > 0 ? { ...usage, cacheWrite1hTokens } : usage;
    },
  };
}

type Figures = Required<BilledUsage>;

const noFigures: Figures = { ...noUsage, cacheWrite1hTokens: 0 };

function readFigures(value: Readonly<Record<string, unknown>>, before: Figures): Figures {
  const written = isRecord(value["cache_creation"]) ? value["cache_creation"] : {};
  return {
    inputTokens: toCount(value["input_tokens"]) ?? before.inputTokens,
    cacheReadTokens: toCount(value["cache_read_input_tokens"]) ?? before.cacheReadTokens,
    cacheWriteTokens: toCount(value["cache_creation_input_tokens"]) ?? before.cacheWriteTokens,
    outputTokens: toCount(value["output_tokens"]) ?? before.outputTokens,
    cacheWrite1hTokens: toCount(written["ephemeral_1h_input_tokens"]) ?? before.cacheWrite1hTokens,
  };
}

function addSummaries(iterations: readonly unknown[]): Figures {
  let sum = noFigures;
  for (const each of iterations) {
    if (isRecord(each) && each["type"] === "compaction") sum = addFigures(sum, readFigures(each, noFigures));
  }
  return sum;
}

function addFigures(left: Figures, right: Figures): Figures {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheWrite1hTokens: left.cacheWrite1hTokens + right.cacheWrite1hTokens,
  };
}

function toCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
