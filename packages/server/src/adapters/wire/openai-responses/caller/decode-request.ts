import type { Failure } from "@gantry/contracts/errors";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { DecodedResponse, ReadResponse, ResponseContext } from "../../../../core/ports/responses-format.ts";
import { checkShape, isRecord, reject } from "../../check-shape.ts";
import { createIgnoredFields } from "../../ignored-fields.ts";
import { decodeItems } from "./decode-items.ts";
import { decodeSettings } from "./decode-settings.ts";
import { decodeTools } from "./decode-tools.ts";
import { toEchoedFields } from "./echoed-fields.ts";
import { listReferences, placeItems } from "./place-items.ts";
import { requestSchema } from "./request-schema.ts";
import { openResponse } from "./response-encoder.ts";
import { checkUnservedFields } from "./unserved-fields.ts";

type Refused = { readonly ok: false; readonly failure: Failure };

/**
 * Decodes the parsed JSON body of `POST /v1/responses`. It never throws, whatever the body is. Every failure is a 400
 * (`invalid_request`, `unsupported_feature` or `invalid_image`) with the field at fault, or a 404 where an item is named
 * that is not known.
 */
export function decodeRequest(body: unknown): DecodedResponse | Refused {
  const ignored = createIgnoredFields();
  const checked = checkShape(requestSchema, body, "");
  if (!checked.ok) return checked;
  const request = checked.value;
  const unserved = checkUnservedFields(isRecord(body) ? body : {}, ignored);
  if (!unserved.ok) return unserved;
  const settings = decodeSettings(request, ignored);
  if (!settings.ok) return settings;
  const tools = decodeTools(request, ignored);
  if (!tools.ok) return tools;
  const stored = request.store ?? true;
  const background = request.background ?? false;
  if (background && !stored) {
    return reject("invalid_request", "background", "expected store to be true, as the answer is fetched later");
  }
  if (background && request.stream === true) {
    return reject("unsupported_feature", "stream", "an answer that is made in the background is fetched, not streamed");
  }

  const { include, showsThinking } = settings.value;
  const base = { model: request.model, ...tools.value, ...settings.value.call, stream: request.stream ?? false };
  const instructions = request.instructions ?? "";
  const echoed = toEchoedFields(request, base);

  function read(context: ResponseContext): ReadResponse | Refused {
    const placed = placeItems(request.input, context);
    if (!placed.ok) return placed;
    const conversation = decodeItems(context.earlier, placed.value, ignored);
    if (!conversation.ok) return conversation;
    const { system, messages } = conversation.value;
    const call: ModelCall = {
      ...base,
      system: instructions === "" ? system : [{ type: "text", text: instructions }, ...system],
      messages,
    };
    return {
      ok: true,
      call,
      items: placed.value.map(({ item }) => item),
      ignored: ignored.list(),
      endUserField: request.safety_identifier ? "safety_identifier" : "user",
      openAnswer: (head) => openResponse({ ...head, id: context.responseId, echoed, showsThinking, include }),
    };
  }
  return {
    ok: true,
    stream: base.stream,
    stored,
    background,
    include,
    previousId: request.previous_response_id ?? undefined,
    references: listReferences(request.input),
    read,
  };
}
