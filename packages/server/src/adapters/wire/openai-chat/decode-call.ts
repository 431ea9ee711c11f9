import type { Failure } from "@gantry/contracts/errors";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { Road } from "../../../core/model-plane/choose-road.ts";
import type { DecodedCall } from "../../../core/ports/call-format.ts";
import { checkShape, isRecord } from "../check-shape.ts";
import { createIgnoredFields, type IgnoredFields } from "../ignored-fields.ts";
import { decodeMessages } from "./decode-messages.ts";
import { decodeSettings } from "./decode-settings.ts";
import { decodeOutputFormat, decodeTools } from "./decode-tools.ts";
import { requestSchema } from "./schema.ts";
import { toolFieldsSchema, type ToolFields } from "./tool-schema.ts";
import { checkUnservedFields } from "./unserved-fields.ts";

/**
 * Decodes the parsed JSON body of `POST /v1/chat/completions`. It never throws, whatever the body is. Every failure is a
 * 400 (`invalid_request`, `unsupported_feature` or `invalid_image`) with the field at fault in `param`; `body` is the name
 * where the whole body is at fault. On the road to a model's API the temperature stays on OpenAI's scale from 0 to 2: the
 * dialect that ends at 1 caps it.
 */
export function decodeCall(body: unknown, road: Road): DecodedCall | { readonly ok: false; readonly failure: Failure } {
  const ignored = createIgnoredFields();
  const request = checkShape(requestSchema, body, "");
  if (!request.ok) return request;
  const fields = checkShape(toolFieldsSchema, body, "");
  if (!fields.ok) return fields;
  const unserved = checkUnservedFields(isRecord(body) ? body : {}, ignored);
  if (!unserved.ok) return unserved;
  const settings = decodeSettings(request.value, ignored, road === "agent" ? 1 : 2);
  if (!settings.ok) return settings;
  const tools = decodeTools(fields.value, ignored);
  if (!tools.ok) return tools;
  const format = decodeOutputFormat(fields.value.response_format, ignored);
  if (!format.ok) return format;
  const conversation = decodeMessages(request.value.messages, road, ignored);
  if (!conversation.ok) return conversation;

  const effort = fields.value.reasoning_effort ?? undefined;
  const endUser = chooseEndUser(fields.value, road, ignored);
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

/** `safety_identifier` has taken the place of `user`. An agent tells its model of nobody. */
function chooseEndUser(fields: ToolFields, road: Road, ignored: IgnoredFields): string | undefined {
  const newer = fields.safety_identifier ?? "";
  const older = fields.user ?? "";
  if (older !== "" && (road === "agent" || (newer !== "" && newer !== older))) ignored.add("user");
  if (newer !== "" && road === "agent") ignored.add("safety_identifier");
  const chosen = newer === "" ? older : newer;
  return chosen === "" || road === "agent" ? undefined : chosen;
}
