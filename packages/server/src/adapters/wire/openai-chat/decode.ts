import type { Completion } from "@gantry/contracts/completion";
import type { Failure } from "@gantry/contracts/errors";
import { checkShape, isRecord } from "../check-shape.ts";
import { decodeMessages } from "./decode-messages.ts";
import { decodeSettings } from "./decode-settings.ts";
import { createIgnoredFields } from "../ignored-fields.ts";
import { requestSchema } from "./schema.ts";
import { checkUnservedFields } from "./unserved-fields.ts";

export type DecodedChatCompletion =
  | {
      readonly ok: true;
      readonly completion: Completion;
      readonly stream: boolean;
      /** A last chunk with the usage is wanted. Only with `stream`. */
      readonly includeUsage: boolean;
      /** Names of what was accepted without effect, safe for a header: at most 50, then `+N` for the rest. */
      readonly ignored: readonly string[];
    }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Decodes the parsed JSON body of `POST /v1/chat/completions`. It never throws, whatever the body is. Every failure is
 * a 400 (`invalid_request`, `unsupported_feature` or `invalid_image`) with the field at fault in `param`; `body` is the
 * name where the whole body is at fault.
 */
export function decodeChatCompletion(body: unknown): DecodedChatCompletion {
  const ignored = createIgnoredFields();
  const request = checkShape(requestSchema, body, "");
  if (!request.ok) return request;
  const unserved = checkUnservedFields(isRecord(body) ? body : {}, ignored);
  if (!unserved.ok) return unserved;
  const settings = decodeSettings(request.value, ignored);
  if (!settings.ok) return settings;
  const conversation = decodeMessages(request.value.messages, ignored);
  if (!conversation.ok) return conversation;

  const { sampling, stream, includeUsage } = settings.value;
  const completion: Completion = { model: request.value.model, ...conversation.value, sampling };
  return { ok: true, completion, stream, includeUsage, ignored: ignored.list() };
}
