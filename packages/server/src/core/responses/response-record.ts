import type { StoredResponse } from "../ports/response-store.ts";
import type { ResponseBody, ResponseItem } from "../ports/responses-format.ts";

/** A kept response, read. */
export interface ResponseRecord {
  readonly stored: StoredResponse;
  readonly body: ResponseBody;
  /** Its own input. */
  readonly input: readonly ResponseItem[];
}

/** The JSON was written here. */
export function toResponseRecord(stored: StoredResponse): ResponseRecord {
  const body: ResponseBody = JSON.parse(stored.body);
  const input: readonly ResponseItem[] = JSON.parse(stored.input);
  return { stored, body, input };
}

/** What a conversation holds after it: its input and its output. */
export function itemsOf({ input, body }: ResponseRecord): readonly ResponseItem[] {
  return [...input, ...body.output];
}
