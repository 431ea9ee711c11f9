import type { Failure } from "@gantry/contracts/errors";
import type { ResponseBody, ResponseItem } from "../../../../core/ports/responses-format.ts";
import { sealedThinking } from "./decode-settings.ts";
import { toResponseError } from "./response-error.ts";

/** What a client is shown of a response: the seals of what was thought only where it asks for them. */
export function showResponse(body: ResponseBody, include: readonly string[]): ResponseBody {
  if (include.includes(sealedThinking)) return body;
  return { ...body, output: body.output.map(showItem) };
}

/** An item without its seals. */
function showItem(item: ResponseItem): ResponseItem {
  const { encrypted_content: _sealed, ...shown } = item;
  return shown as ResponseItem;
}

/** A response that ended before its answer was whole. What it holds stands as it is. */
export function closeResponse(body: ResponseBody, status: "cancelled" | "failed", failure?: Failure): ResponseBody {
  return { ...body, status, completed_at: null, ...(failure && { error: toResponseError(failure) }) };
}
