import type { CallEffort } from "@gantry/contracts/answer-settings";
import type { ContentBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import { checkShape, reject, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { createToolResultCheck } from "./check-tool-results.ts";
import { decodeBlocks } from "./decode-blocks.ts";
import { createEffortTrack } from "./effort-track.ts";
import { maximumMessages, messageSchema, outputConfigSchema } from "./schema.ts";
import { isToolChange, readToolChange, type ToolChange } from "./tool-changes.ts";

export interface Conversation {
  readonly messages: readonly CallMessage[];
  /** What system messages say of the tools, in order. */
  readonly toolChanges: readonly ToolChange[];
  /** As the messages have it, for the answer that is asked for. */
  readonly effort: CallEffort | undefined;
}

const known: ReadonlySet<string> = new Set(["role", "content", "output_config", "clear_at"]);

/**
 * Decodes the conversation; its order is left as it is. Messages of the role `system` keep their place. Those that say
 * nothing, as the newest CLI sends them to carry settings alone, are left out, and so is an empty message of the assistant.
 */
export function decodeMessages(
  messages: readonly unknown[],
  topEffort: CallEffort | undefined,
  ignored: IgnoredFields,
): Checked<Conversation> {
  if (messages.length === 0) return reject("invalid_request", "messages", "at least one message is required");
  if (messages.length > maximumMessages) {
    return reject("invalid_request", "messages", `expected at most ${maximumMessages}, got ${messages.length}`);
  }
  const lastOfUser = messages.findLastIndex((message) => hasRole(message, "user"));
  const effort = createEffortTrack(topEffort);
  const results = createToolResultCheck();
  const toolChanges: ToolChange[] = [];
  const decoded: CallMessage[] = [];

  for (const [index, input] of messages.entries()) {
    const path = `messages.${index}`;
    const message = decodeMessage(input, path, ignored);
    if (!message.ok) return message;
    const { role, content, changes, isPassing } = message.value;
    const unmatched = results.add(role, content, path);
    if (unmatched !== undefined) return unmatched;
    effort.add(message.value);
    for (const change of changes) toolChanges.push(change);
    if (content.length > 0 && !(isPassing && index < lastOfUser)) decoded.push({ role, content });
  }
  const unanswered = results.finish();
  if (unanswered !== undefined) return unanswered;
  return { ok: true, value: { messages: decoded, toolChanges, effort: effort.current } };
}

interface DecodedMessage {
  readonly role: CallMessage["role"];
  readonly content: readonly ContentBlock[];
  readonly changes: readonly ToolChange[];
  readonly effort: CallEffort | undefined;
  /** It is shown to the model only until the user speaks again. */
  readonly isPassing: boolean;
}

function decodeMessage(input: unknown, path: string, ignored: IgnoredFields): Checked<DecodedMessage> {
  const checked = checkShape(messageSchema, input, path);
  if (!checked.ok) return checked;
  const { role, content = role === "system" ? [] : undefined, clear_at: clearAt } = checked.value;
  if (typeof input === "object" && input !== null) reportUnknownFields(input, known, path, ignored);
  const settings = checkShape(outputConfigSchema, checked.value.output_config, `${path}.output_config`);
  if (!settings.ok) return settings;
  const effort = settings.value?.effort ?? undefined;
  if (role !== "system" && effort !== undefined) ignored.add(`${path}.output_config`);

  const [said, changed] = role === "system" ? split(content) : [content, []];
  const blocks = decodeBlocks(said, role, `${path}.content`, ignored);
  if (!blocks.ok) return blocks;
  if (role === "user" && blocks.value.length === 0) {
    return reject("invalid_request", `${path}.content`, "messages of the user must have non-empty content");
  }
  const changes: ToolChange[] = [];
  for (const each of changed) {
    const change = readToolChange(each, `${path}.content`, ignored);
    if (!change.ok) return change;
    if (change.value !== undefined) changes.push(change.value);
  }
  return {
    ok: true,
    value: { role, content: blocks.value, changes, effort, isPassing: clearAt === "next_user_message" },
  };
}

/** What a system message says, and what it changes. */
function split(content: unknown): readonly [said: unknown, changed: readonly object[]] {
  if (!Array.isArray(content)) return [content, []];
  const blocks: readonly unknown[] = content;
  return [blocks.filter((block) => !isToolChange(block)), blocks.filter(isToolChange)];
}

function hasRole(message: unknown, role: string): boolean {
  return typeof message === "object" && message !== null && "role" in message && message.role === role;
}
