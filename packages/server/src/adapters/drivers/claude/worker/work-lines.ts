import type { CliBlock } from "../cli-line.ts";
import type { PlannedMessage } from "./conversation-plan.ts";

/**
 * A user's line. The CLI parses the last text block of a user line, see `user-line.ts` of the chat: content with text ends with an empty
 * text block, which the CLI drops. With `id` the CLI tells when it has taken the line up.
 */
export function toUserWorkLine(
  content: readonly CliBlock[],
  how: { readonly query: boolean; readonly id?: string },
): string {
  const hasText = content.some(({ type }) => type === "text");
  return JSON.stringify({
    type: "user",
    message: { role: "user", content: hasText ? [...content, { type: "text", text: "" }] : content },
    session_id: "",
    parent_tool_use_id: null,
    client_composed: true,
    ...(how.id === undefined ? {} : { uuid: how.id }),
    ...(how.query ? {} : { shouldQuery: false }),
  });
}

/** The line that puts a message of the model into the conversation. */
export function toAssistantWorkLine({ content }: Pick<PlannedMessage, "content">): string {
  return JSON.stringify({
    type: "assistant",
    message: { role: "assistant", content },
    session_id: "",
    parent_tool_use_id: null,
  });
}

/** What the model is told of calls that were put off and never taken up again. */
export function toNotRunResults(content: readonly CliBlock[]): CliBlock[] {
  return content.flatMap(({ type, id }) =>
    type === "tool_use"
      ? [{ type: "tool_result", tool_use_id: id, is_error: true, content: "This call was not run." }]
      : [],
  );
}
