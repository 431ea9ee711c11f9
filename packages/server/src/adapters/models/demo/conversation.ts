import type { Directive } from "./directives.ts";
import { parseDirectives } from "./directives.ts";
import { parseToolResult, parseToolUse, textsOf } from "./messages-request.ts";
import type { MessagesRequest, RequestBlock } from "./messages-request.ts";

/** What of a conversation decides the next answer. */
export interface Instructions {
  /** Those of the last user message that says something. */
  readonly directives: readonly Directive[];
  /** Tool calls made since that message and answered by the client, in order. */
  readonly toolOutcomes: readonly ToolOutcome[];
}

export interface ToolOutcome {
  readonly name: string;
  /** Text of the result. */
  readonly text: string;
}

/** Reads the directives of the last user message that is not only tool results, and what became of its tool calls. */
export function readInstructions(request: MessagesRequest): Instructions {
  const at = request.messages.findLastIndex(({ role, content }) => role === "user" && saysSomething(content));
  const texts = textsOf(request.messages[at]?.content ?? []);
  const later = at === -1 ? [] : request.messages.slice(at + 1).flatMap(({ content }) => content);
  return { directives: texts.flatMap(parseDirectives), toolOutcomes: pairTools(later) };
}

/** The CLI puts reminders of its own beside tool results; those do not make a new prompt. */
function saysSomething(content: readonly RequestBlock[]): boolean {
  if (!content.some(({ type }) => type === "tool_result")) return true;
  return textsOf(content).some((text) => text.trim() !== "" && !text.trimStart().startsWith("<system-reminder>"));
}

function pairTools(blocks: readonly RequestBlock[]): ToolOutcome[] {
  const names = new Map<string, string>();
  const outcomes: ToolOutcome[] = [];
  for (const block of blocks) {
    const use = parseToolUse(block);
    if (use) names.set(use.id, use.name);
    const result = parseToolResult(block);
    const name = result && names.get(result.id);
    if (result && name !== undefined) outcomes.push({ name, text: textsOf(result.content).join("") });
  }
  return outcomes;
}
