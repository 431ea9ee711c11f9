import assert from "node:assert/strict";
import type { ModelCall } from "@gantry/contracts/model-call";
import { decodeCall } from "./decode-call.ts";

/** The smallest valid body. */
export const minimal = { model: "opus", max_tokens: 10, messages: [{ role: "user", content: "hi" }] };

export const readTool = {
  name: "read_file",
  input_schema: { type: "object", properties: { path: { type: "string" } } },
};

export const toolUse = (id: string, input: unknown = {}) => ({ type: "tool_use", id, name: "read_file", input });
export const toolResult = (id: string, more: object = {}) => ({ type: "tool_result", tool_use_id: id, ...more });

export function decodeGood(extra: object): ModelCall & { readonly ignored: readonly string[] } {
  const decoded = decodeCall({ ...minimal, ...extra });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
  return { ...decoded.call, ignored: decoded.ignored };
}

export function assertRejected(body: unknown, param: string, message: RegExp, code = "invalid_request"): void {
  const decoded = decodeCall(body);
  assert.ok(!decoded.ok, `a failure of ${param} was expected`);
  const { failure } = decoded;
  assert.deepEqual({ code: failure.code, param: failure.param }, { code, param }, failure.message);
  assert.ok(failure.message.startsWith(`${param}: `), failure.message);
  assert.match(failure.message, message);
}
