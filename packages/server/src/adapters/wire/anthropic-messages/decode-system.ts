import type { TextBlock } from "@gantry/contracts/content";
import type { Checked } from "../check-shape.ts";
import type { IgnoredFields } from "../ignored-fields.ts";
import { decodeBlocks } from "./decode-blocks.ts";

/**
 * The CLI's note to its vendor about its own version and who pays. It is no instruction to a model, so that a model of
 * another vendor is not shown it.
 */
const billingNote = "x-anthropic-billing-header";

/** The system prompt, a string or blocks. */
export function decodeSystem(system: unknown, ignored: IgnoredFields): Checked<readonly TextBlock[]> {
  const blocks = decodeBlocks(system ?? [], "system", "system", ignored);
  if (!blocks.ok) return blocks;
  const value = blocks.value.flatMap((block) =>
    block.type === "text" && !block.text.startsWith(billingNote) ? [block] : [],
  );
  return { ok: true, value };
}
