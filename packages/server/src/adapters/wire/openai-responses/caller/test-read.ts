import assert from "node:assert/strict";
import type OpenAI from "openai";
import type { ReadResponse, ResponseContext, ResponseItem } from "../../../../core/ports/responses-format.ts";
import { decodeRequest } from "./decode-request.ts";

export type CreateParams = OpenAI.Responses.ResponseCreateParams;

export const responseId = `resp_${"0a".repeat(16)}`;

/** Reads a request that is good, with what is kept of earlier ones. */
export function readRequest(
  body: Omit<CreateParams, "model"> | Record<string, unknown>,
  earlier: readonly ResponseItem[] = [],
  kept: Readonly<Record<string, ResponseItem>> = {},
): ReadResponse {
  const decoded = decodeRequest({ model: "sonnet", ...body });
  assert.ok(decoded.ok, JSON.stringify(decoded));
  const read = decoded.read(contextOf(earlier, kept));
  assert.ok(read.ok, JSON.stringify(read));
  return read;
}

/** The failure of a request that is not. */
export function refuseRequest(body: unknown, kept: Readonly<Record<string, ResponseItem>> = {}) {
  const decoded = decodeRequest(body);
  if (!decoded.ok) return decoded.failure;
  const read = decoded.read(contextOf([], kept));
  assert.ok(!read.ok, "the request was taken");
  return read.failure;
}

function contextOf(earlier: readonly ResponseItem[], kept: Readonly<Record<string, ResponseItem>>): ResponseContext {
  return { responseId, earlier, findItem: (id) => kept[id] };
}
