import type { Completion } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";
import type { Log } from "../ports/log.ts";
import type { MeteredCompletions } from "./metered-completions.ts";

/** Logs the prompt of every request at the level `debug`; only for a server whose owner asks for it. */
export function logPrompts(inner: MeteredCompletions, log: Pick<Log, "debug">): MeteredCompletions {
  return {
    complete(request) {
      log.debug(
        { request: request.requestId, key: request.principal.keyId, ...toFields(request.completion) },
        "prompt",
      );
      return inner.complete(request);
    },
    models: (principal) => inner.models(principal),
    recommend: (query, principal) => inner.recommend(query, principal),
    status: () => inner.status(),
  };
}

function toFields({ model, system, messages }: Completion): object {
  const turns = messages.map(({ role, content }) => ({ role, content: content.map(toText) }));
  return { model, system, messages: turns };
}

/** Images and documents are told by their kind and size alone, and never by an address, which may let its reader in. */
function toText(block: ContentBlock): string {
  if (block.type === "text" || block.type === "thinking") return block.text;
  if (block.type === "redacted_thinking") return "[redacted thinking]";
  if (block.type === "tool_call") return `[call of ${block.name}: ${block.arguments}]`;
  if (block.type === "tool_result") return `[result: ${block.content.map(toText).join("\n")}]`;
  const { source } = block;
  return source.type === "url"
    ? `[${block.type} at an address]`
    : `[${source.mediaType}, ${source.data.length} base64 digits]`;
}
