import type { RedactedThinkingBlock, ThinkingBlock } from "@gantry/contracts/content";

/** What a reasoning item's `encrypted_content` begins with here; another vendor's means nothing to the model. */
const mark = "gt1.";

type Thought = ThinkingBlock | RedactedThinkingBlock;

/**
 * Packs what was thought with the vendor's seals, so that a client can bring it back in `encrypted_content`. It is packed,
 * not hidden: the seals are checked by the vendor, who alone can make them.
 */
export function packThinking(blocks: readonly Thought[]): string {
  return mark + Buffer.from(JSON.stringify(blocks.map(toPacked)), "utf8").toString("base64url");
}

function toPacked(block: Thought): readonly string[] {
  if (block.type === "redacted_thinking") return ["r", block.data];
  return block.signature === undefined ? ["t", block.text] : ["t", block.text, block.signature];
}

/** Undefined where it was not packed here, or is broken. Only sealed blocks come back: the vendor takes no others. */
export function unpackThinking(packed: string): readonly Thought[] | undefined {
  if (!packed.startsWith(mark)) return undefined;
  const read = parseJson(Buffer.from(packed.slice(mark.length), "base64url").toString("utf8"));
  if (!Array.isArray(read)) return undefined;
  const blocks: Thought[] = [];
  for (const each of read as readonly unknown[]) {
    if (!Array.isArray(each)) return undefined;
    const parts: readonly unknown[] = each;
    if (!parts.every((part): part is string => typeof part === "string" && part.isWellFormed())) return undefined;
    const [kind, text = "", signature] = parts;
    if (kind === "r") blocks.push({ type: "redacted_thinking", data: text });
    else if (kind !== "t") return undefined;
    else if (signature !== undefined) blocks.push({ type: "thinking", text, signature });
  }
  return blocks;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
