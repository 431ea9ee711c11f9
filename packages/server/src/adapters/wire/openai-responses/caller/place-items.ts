import type { ResponseContext, ResponseItem } from "../../../../core/ports/responses-format.ts";
import { toFailure } from "@gantry/contracts/errors";
import { checkShape, isRecord, reject, type Checked } from "../../check-shape.ts";
import { isDeep } from "../../is-deep.ts";
import { toInputItemId } from "./item-ids.ts";
import { itemSchema, referenceSchema } from "./item-schema.ts";

/** An item with the place where the client can find it. */
export interface PlacedItem {
  readonly item: ResponseItem;
  readonly path: string;
}

/** As many as messages are taken in a chat. */
const mostItems = 10_000;

/** The ids of the items that are named and not held. Shapes are checked later. */
export function listReferences(input: string | readonly unknown[]): readonly string[] {
  if (typeof input === "string") return [];
  const ids = input.flatMap((item) =>
    isReference(item) && typeof item["id"] === "string" && item["id"].length <= 128 ? [item["id"]] : [],
  );
  return [...new Set(ids)].slice(0, mostItems);
}

/** A message's easy form and its full form are one; so are those with and without `type`. */
export function placeItems(
  input: string | readonly unknown[],
  { responseId, findItem }: ResponseContext,
): Checked<readonly PlacedItem[]> {
  if (typeof input === "string") {
    const item = toMessage({ role: "user", content: input }, toInputItemId("msg", responseId, 0));
    return { ok: true, value: [{ item, path: "input" }] };
  }
  if (input.length > mostItems) {
    return reject("invalid_request", "input", `expected at most ${mostItems} items, got ${input.length}`);
  }
  // Items are kept as they come, and what is nested too deeply could not be written.
  if (isDeep(input)) return reject("invalid_request", "input", "it is nested too deeply");
  const placed: PlacedItem[] = [];
  for (const [index, given] of input.entries()) {
    const path = `input[${index}]`;
    const checked = checkShape(itemSchema, given, path);
    if (!checked.ok) return checked;
    if (!isRecord(given)) continue;
    const type = isReference(given) ? "item_reference" : (checked.value.type ?? "message");
    if (type === "item_reference") {
      const reference = checkShape(referenceSchema, given, path);
      if (!reference.ok) return reference;
      const item = findItem(reference.value.id);
      if (item === undefined) return refuseReference(reference.value.id, `${path}.id`);
      placed.push({ item, path });
      continue;
    }
    const id = toInputItemId(prefixes.get(type) ?? "item", responseId, index);
    placed.push({ item: type === "message" ? toMessage(given, id) : { ...given, id, type }, path });
  }
  return { ok: true, value: placed };
}

const prefixes: ReadonlyMap<string, string> = new Map([
  ["message", "msg"],
  ["function_call", "fc"],
  ["function_call_output", "fco"],
  ["reasoning", "rs"],
]);

/** The API takes an id without a type for a reference too. */
function isReference(item: unknown): item is Record<string, unknown> {
  if (!isRecord(item)) return false;
  const { type } = item;
  return (
    type === "item_reference" || ((type === undefined || type === null) && item["role"] === undefined && "id" in item)
  );
}

function refuseReference(id: string, param: string): Checked<never> {
  return { ok: false, failure: toFailure("not_found", `Item with id ${JSON.stringify(id)} not found.`, { param }) };
}

function toMessage(given: Readonly<Record<string, unknown>>, id: string): ResponseItem {
  const { content } = given;
  const isAssistant = given["role"] === "assistant";
  const parts =
    typeof content !== "string"
      ? content
      : isAssistant
        ? [{ type: "output_text", text: content, annotations: [] }]
        : [{ type: "input_text", text: content }];
  return { ...given, id, type: "message", status: "completed", content: parts };
}
