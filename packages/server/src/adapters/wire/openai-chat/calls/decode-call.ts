import type { Failure } from "@gantry/contracts/errors";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { DecodedCall } from "../../../../core/ports/call-format.ts";
import { checkShape, isRecord } from "../../check-shape.ts";
import { createIgnoredFields, type IgnoredFields } from "../../ignored-fields.ts";
import { decodeSettings } from "../decode-settings.ts";
import { requestSchema } from "../schema.ts";
import { checkUnservedFields } from "../unserved-fields.ts";
import { callFieldsSchema, type CallFields } from "./call-schema.ts";
import { decodeCallMessages } from "./decode-call-messages.ts";
import { decodeOutputFormat, decodeTools } from "./decode-tools.ts";

const callFields: ReadonlySet<string> = new Set(Object.keys(callFieldsSchema.shape));

/**
 * Decodes the parsed JSON body of `POST /v1/chat/completions` for an upstream of another dialect. It never throws, whatever
 * the body is; failures are as in `../decode.ts`. The temperature stays on OpenAI's scale from 0 to 2: the dialect that
 * ends at 1 caps it.
 */
export function decodeCall(body: unknown): DecodedCall | { readonly ok: false; readonly failure: Failure } {
  const ignored = createIgnoredFields();
  const request = checkShape(requestSchema, body, "");
  if (!request.ok) return request;
  const fields = checkShape(callFieldsSchema, body, "");
  if (!fields.ok) return fields;
  const unserved = checkUnservedFields(isRecord(body) ? body : {}, ignored, callFields);
  if (!unserved.ok) return unserved;
  const settings = decodeSettings(request.value, ignored, 2);
  if (!settings.ok) return settings;
  const tools = decodeTools(fields.value, ignored);
  if (!tools.ok) return tools;
  const format = decodeOutputFormat(fields.value.response_format, ignored);
  if (!format.ok) return format;
  const conversation = decodeCallMessages(request.value.messages, ignored);
  if (!conversation.ok) return conversation;

  const effort = fields.value.reasoning_effort ?? undefined;
  const endUser = chooseEndUser(fields.value, ignored);
  const call: ModelCall = {
    model: request.value.model,
    ...conversation.value,
    ...tools.value,
    sampling: settings.value.sampling,
    ...(effort !== undefined && { effort }),
    ...(format.value !== undefined && { outputFormat: format.value }),
    stream: settings.value.stream,
    ...(endUser !== undefined && { endUser }),
  };
  return { ok: true, call, includeUsage: settings.value.includeUsage, ignored: ignored.list() };
}

/** `safety_identifier` has taken the place of `user`. */
function chooseEndUser(fields: CallFields, ignored: IgnoredFields): string | undefined {
  const newer = fields.safety_identifier ?? "";
  const older = fields.user ?? "";
  if (newer !== "" && older !== "" && newer !== older) ignored.add("user");
  return newer !== "" ? newer : older !== "" ? older : undefined;
}
