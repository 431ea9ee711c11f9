import type { Message } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { Principal } from "./principal.ts";

/** A failure where a message names an image or a document by its address and the profile does not allow that. */
export function requireContentUrls(
  { profile }: { readonly profile: Pick<Principal["profile"], "contentUrls"> },
  messages: readonly Message[],
): Failure | undefined {
  if (profile.contentUrls) return undefined;
  const at = messages.findIndex(({ content }) => content.some(hasUrl));
  if (at === -1) return undefined;
  const sentence =
    "The profile of this key allows no images and documents by their address (`contentUrls`); send them inline.";
  return toFailure("forbidden", sentence, { param: "messages" });
}

function hasUrl(block: ContentBlock): boolean {
  if (block.type === "image" || block.type === "document") return block.source.type === "url";
  return block.type === "tool_result" && block.content.some(hasUrl);
}
