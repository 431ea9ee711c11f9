import type { TextBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import type { ResponseItem } from "../../../../core/ports/responses-format.ts";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../../check-shape.ts";
import { createIgnoredFields, reportUnknownFields, type IgnoredFields } from "../../ignored-fields.ts";
import { createConversation, type Conversation } from "./conversation.ts";
import { decodeParts } from "./decode-parts.ts";
import { functionCallSchema, functionOutputSchema, messageSchema, reasoningItemSchema } from "./item-schema.ts";
import type { PlacedItem } from "./place-items.ts";
import { unpackThinking } from "./sealed-thinking.ts";

type ItemDecoder = (
  input: object,
  path: string,
  conversation: Conversation,
  ignored: IgnoredFields,
) => Checked<undefined>;

const decoders: ReadonlyMap<string, ItemDecoder> = new Map<string, ItemDecoder>([
  ["message", decodeMessage],
  ["function_call", decodeFunctionCall],
  ["function_call_output", decodeFunctionOutput],
  ["reasoning", decodeReasoning],
]);

/**
 * Puts the items together as the messages of a call. Items that say nothing are left out. What was ignored of `earlier`
 * ones was told when they came.
 */
export function decodeItems(
  earlier: readonly ResponseItem[],
  items: readonly PlacedItem[],
  ignored: IgnoredFields,
): Checked<{ readonly system: readonly TextBlock[]; readonly messages: readonly CallMessage[] }> {
  const conversation = createConversation();
  const told = createIgnoredFields();
  const before = earlier.map((item) => ({ item, path: "previous_response_id", noted: told }));
  const own = items.map((each) => ({ ...each, noted: ignored }));
  for (const { item, path, noted } of [...before, ...own]) {
    const decode = decoders.get(item.type);
    if (decode === undefined) return refuseType(item.type, `${path}.type`);
    const decoded = decode(item, path, conversation, noted);
    if (!decoded.ok) return decoded;
  }
  return conversation.finish();
}

function refuseType(type: string, path: string): Checked<never> {
  return /^[a-z_]{1,64}$/.test(type)
    ? reject("unsupported_feature", path, `items of type ${type} are not served here`)
    : rejectField(path, `one of ${[...decoders.keys(), "item_reference"].join(", ")}`, type);
}

const done: Checked<undefined> = { ok: true, value: undefined };
const always = ["id", "type", "status"];
const knownMessage: ReadonlySet<string> = new Set([...always, "role", "content", "phase"]);

function decodeMessage(
  input: object,
  path: string,
  conversation: Conversation,
  ignored: IgnoredFields,
): Checked<undefined> {
  const checked = checkShape(messageSchema, input, path);
  if (!checked.ok) return checked;
  const { role: named, content } = checked.value;
  const role = named === "developer" ? "system" : named;
  reportUnknownFields(input, knownMessage, path, ignored);
  const parts = decodeParts(content, role, `${path}.content`, ignored);
  if (!parts.ok) return parts;
  return conversation.say(role, parts.value) ?? done;
}

const knownCall: ReadonlySet<string> = new Set([...always, "call_id", "name", "arguments"]);

function decodeFunctionCall(
  input: object,
  path: string,
  conversation: Conversation,
  ignored: IgnoredFields,
): Checked<undefined> {
  const checked = checkShape(functionCallSchema, input, path);
  if (!checked.ok) return checked;
  const { call_id: id, name, arguments: written } = checked.value;
  reportUnknownFields(input, knownCall, path, ignored);
  return conversation.say("assistant", [{ type: "tool_call", id, name, arguments: written }]) ?? done;
}

const knownOutput: ReadonlySet<string> = new Set([...always, "call_id", "output"]);

function decodeFunctionOutput(
  input: object,
  path: string,
  conversation: Conversation,
  ignored: IgnoredFields,
): Checked<undefined> {
  const checked = checkShape(functionOutputSchema, input, path);
  if (!checked.ok) return checked;
  const { call_id: callId, output } = checked.value;
  reportUnknownFields(input, knownOutput, path, ignored);
  const content = decodeParts(output, "tool", `${path}.output`, ignored);
  if (!content.ok) return content;
  const result = { type: "tool_result", callId, content: content.value, isError: false } as const;
  return conversation.answer(result, `${path}.call_id`) ?? done;
}

/** What was thought comes back only with its seal; a summary alone is no thought of the model's. */
function decodeReasoning(
  input: object,
  path: string,
  conversation: Conversation,
  ignored: IgnoredFields,
): Checked<undefined> {
  const checked = checkShape(reasoningItemSchema, input, path);
  if (!checked.ok) return checked;
  const packed = checked.value.encrypted_content;
  const blocks = typeof packed === "string" ? unpackThinking(packed) : undefined;
  if (blocks === undefined && isRecord(input)) ignored.add(path, "no-seal");
  return conversation.say("assistant", blocks ?? []) ?? done;
}
