import type { Completion } from "@gantry/contracts/completion";
import type { ContentBlock, DocumentBlock } from "@gantry/contracts/content";
import type { EstimateInput } from "../budgets/estimate.ts";

/** What the CLI adds of its own. */
const overheadTokens = 400;
/** A page of a document counts as an image; one has some 30 kB, which are so many digits of base64. */
const digitsPerPage = 40_000;
/** For a document at an address, of which nothing is known. */
const unknownPages = 10;

/** What is known of a completion's size before it runs. */
export function toSize({ system, messages, sampling, tools, outputFormat }: Completion): EstimateInput {
  const sum = { inputBytes: Buffer.byteLength(system), images: 0 };
  for (const { content } of messages) for (const block of content) add(block, sum);
  for (const given of [tools?.definitions, outputFormat])
    if (given !== undefined) sum.inputBytes += Buffer.byteLength(JSON.stringify(given));
  const { maxOutputTokens } = sampling;
  return { ...sum, overheadTokens, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
}

function add(block: ContentBlock, sum: { inputBytes: number; images: number }): void {
  switch (block.type) {
    case "text":
    case "thinking":
      sum.inputBytes += Buffer.byteLength(block.text);
      return;
    case "redacted_thinking":
      sum.inputBytes += block.data.length;
      return;
    case "image":
      sum.images += 1;
      return;
    case "document":
      sum.images += countPages(block);
      return;
    case "tool_call":
      sum.inputBytes += Buffer.byteLength(block.name) + Buffer.byteLength(block.arguments);
      return;
    case "tool_result":
      for (const part of block.content) add(part, sum);
  }
}

function countPages({ source }: DocumentBlock): number {
  return source.type === "url" ? unknownPages : Math.ceil(source.data.length / digitsPerPage);
}
