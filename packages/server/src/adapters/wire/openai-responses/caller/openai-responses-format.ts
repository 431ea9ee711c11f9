import type { ResponsesFormat } from "../../../../core/ports/responses-format.ts";
import { decodeRequest } from "./decode-request.ts";
import { toResponseId } from "./item-ids.ts";
import { closeResponse, showResponse } from "./show-response.ts";

/** OpenAI's Responses API, for clients that speak it. `createUuid` makes a new UUID. */
export function createOpenAiResponsesFormat(createUuid: () => string): ResponsesFormat {
  return {
    createId: () => `resp_${createUuid().replaceAll("-", "")}`,
    toResponseId,
    decode: decodeRequest,
    show: showResponse,
    close: closeResponse,
  };
}
