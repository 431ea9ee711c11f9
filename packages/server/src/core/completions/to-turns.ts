import type { Message } from "@gantry/contracts/completion";
import type { ContentBlock, ThinkingBlock, ToolResultBlock } from "@gantry/contracts/content";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { CallMessage, ModelCall } from "@gantry/contracts/model-call";

type Turns =
  | { readonly ok: true; readonly system: string; readonly messages: readonly Message[] }
  | { readonly ok: false; readonly failure: Failure };

interface Turn {
  readonly role: Message["role"];
  readonly content: ContentBlock[];
}

/**
 * Lays a call's conversation out as turns that take each other's place:
 *
 * - the blocks of the system prompt, and system messages before all others, are joined with one newline;
 * - a later system message becomes a text of the user's in the marks that the agent program itself uses for reminders. It keeps its place and
 *   its words, but no longer speaks with the system's voice, which is reported;
 * - messages of one role in a row become one, and the results of tools go to the front of the user's turn;
 * - texts of white space alone, which the vendor refuses, and thinking without its vendor's seal, which it will not take back, are left out and
 *   reported; so is a message that says nothing more.
 */
export function toTurns(call: ModelCall, field: string, ignored: Set<string>): Turns {
  const start = call.messages.findIndex(({ role }) => role !== "system");
  const heading = call.messages.slice(0, start === -1 ? undefined : start);
  const texts = [...call.system, ...heading.flatMap(({ content }) => content)].flatMap((block) =>
    block.type === "text" ? [block.text] : [],
  );
  const turns: Turn[] = [];
  for (const message of call.messages.slice(heading.length)) {
    const misplaced = message.content.find(({ type }) => !placed[message.role].has(type));
    if (misplaced !== undefined) {
      return refuse("invalid_request", field, `no ${misplaced.type} can stand in a message of the ${message.role}`);
    }
    addTurn(turns, message, field, ignored);
  }
  const messages = turns.map(withResultsFirst);
  const problem = findWrongResult(messages) ?? findWrongOrder(messages, call.messages.at(-1)?.role);
  if (problem !== undefined) return refuse("invalid_request", field, problem);
  if (messages.at(-1)?.role === "assistant") {
    const sentence =
      "an answer begun by the client (prefill) cannot be continued here; the last message must be the user's";
    return refuse("unsupported_feature", field, sentence);
  }
  const system = texts.filter((text) => text !== "").join("\n");
  return { ok: true, system: system.trim() === "" ? "" : system, messages };
}

const placed: Readonly<Record<CallMessage["role"], ReadonlySet<ContentBlock["type"]>>> = {
  system: new Set(["text"]),
  user: new Set(["text", "image", "document", "tool_result"]),
  assistant: new Set(["text", "thinking", "redacted_thinking", "tool_call"]),
};

function addTurn(turns: Turn[], message: CallMessage, field: string, ignored: Set<string>): void {
  const said = message.content.filter((block) => isSaid(block, field, ignored)).map(withoutBlanks);
  if (said.length === 0) return;
  if (message.role === "system") ignored.add(`${field}.system:as-reminder`);
  const role = message.role === "assistant" ? "assistant" : "user";
  const content = message.role === "system" ? said.map(toReminder) : said;
  const open = turns.at(-1);
  if (open?.role !== role) turns.push({ role, content });
  else for (const block of content) open.content.push(block);
}

function isSaid(block: ContentBlock, field: string, ignored: Set<string>): boolean {
  if (block.type === "text" && block.text.trim() === "") {
    if (block.text !== "") ignored.add(`${field}:white-space`);
    return false;
  }
  if (block.type === "thinking" && !isSealed(block)) {
    ignored.add("thinking:without-signature");
    return false;
  }
  return true;
}

function isSealed({ signature }: ThinkingBlock): boolean {
  return signature !== undefined && signature !== "";
}

/** A result may be empty, but hold no empty text. */
function withoutBlanks(block: ContentBlock): ContentBlock {
  if (block.type !== "tool_result") return block;
  return { ...block, content: block.content.filter((part) => part.type !== "text" || part.text.trim() !== "") };
}

function toReminder(block: ContentBlock): ContentBlock {
  return block.type === "text" ? { ...block, text: `<system-reminder>\n${block.text}\n</system-reminder>` } : block;
}

function withResultsFirst({ role, content }: Turn): Message {
  return {
    role,
    content: [...content.filter(isResult), ...content.filter((block) => !isResult(block))],
  };
}

function isResult(block: ContentBlock): block is ToolResultBlock {
  return block.type === "tool_result";
}

/** `last` is the role of the call's last message, which may have said nothing. */
function findWrongOrder(messages: readonly Message[], last: CallMessage["role"] | undefined): string | undefined {
  if (messages.length === 0) return "expected a message of the user that says something, got none";
  if (messages[0]?.role === "assistant") return "the conversation must begin with the user, got the assistant first";
  const isLost = last !== "assistant" && messages.at(-1)?.role === "assistant";
  return isLost ? "the last message must say something, got nothing but white space" : undefined;
}

/** Each call has one result in the turn behind it, and each result a call in the turn before. */
function findWrongResult(messages: readonly Message[]): string | undefined {
  let open = new Set<string>();
  for (const { role, content } of messages) {
    if (role === "assistant") {
      open = new Set();
      for (const block of content) {
        if (block.type !== "tool_call") continue;
        if (open.has(block.id)) return `the id ${quote(block.id)} stands for two tool calls`;
        open.add(block.id);
      }
      continue;
    }
    for (const { callId } of content.filter(isResult)) {
      if (!open.delete(callId)) return `the result ${quote(callId)} answers no call of the turn before, or comes twice`;
    }
    if (open.size > 0) break;
  }
  const [unanswered] = open;
  return unanswered === undefined
    ? undefined
    : `the tool call ${quote(unanswered)} has no result in the user's next turn`;
}

const quote = (id: string) => JSON.stringify(id.slice(0, 64));

function refuse(
  code: "invalid_request" | "unsupported_feature",
  field: string,
  sentence: string,
): Extract<Turns, { ok: false }> {
  return { ok: false, failure: toFailure(code, `${field}: ${sentence}`, { param: field }) };
}
