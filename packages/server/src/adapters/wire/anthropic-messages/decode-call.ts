import type { Failure } from "@gantry/contracts/errors";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { DecodedCall } from "../../../core/ports/call-format.ts";
import { checkShape, isRecord } from "../check-shape.ts";
import { createIgnoredFields } from "../ignored-fields.ts";
import { decodeMessages } from "./decode-messages.ts";
import { decodeSettings } from "./decode-settings.ts";
import { decodeSystem } from "./decode-system.ts";
import { decodeTools } from "./decode-tools.ts";
import { requestSchema } from "./schema.ts";
import { checkUnservedFields } from "./unserved-fields.ts";

/**
 * Decodes the parsed JSON body of `POST /v1/messages` for a model of another vendor. It never throws, whatever the body is.
 * Every failure is a 400 (`invalid_request`, `unsupported_feature` or `invalid_image`) with the field at fault, written as
 * the vendor writes it (`messages.0.content`); `body` is the name where the whole body is at fault.
 */
export function decodeCall(body: unknown): DecodedCall | { readonly ok: false; readonly failure: Failure } {
  const ignored = createIgnoredFields();
  const checked = checkShape(requestSchema, body, "");
  if (!checked.ok) return checked;
  const request = checked.value;
  const unserved = checkUnservedFields(isRecord(body) ? body : {}, ignored);
  if (!unserved.ok) return unserved;
  const settings = decodeSettings(request, ignored);
  if (!settings.ok) return settings;
  const system = decodeSystem(request.system, ignored);
  if (!system.ok) return system;
  const conversation = decodeMessages(request.messages, settings.value.effort, ignored);
  if (!conversation.ok) return conversation;
  const { messages, toolChanges, effort } = conversation.value;
  const tools = decodeTools(request, toolChanges, ignored);
  if (!tools.ok) return tools;

  const call: ModelCall = {
    model: request.model,
    system: system.value,
    messages,
    ...tools.value,
    ...settings.value,
    ...(effort && { effort }),
    stream: request.stream ?? false,
  };
  // The dialect tells the usage in every answer.
  return { ok: true, call, includeUsage: true, ignored: ignored.list() };
}
