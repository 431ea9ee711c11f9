import type { Failure } from "@gantry/contracts/errors";
import { toCompletion } from "../../../core/completions/to-completion.ts";
import type { DecodedRequest } from "../../../core/ports/wire-format.ts";
import { decodeCall } from "./decode-call.ts";

const names = { messages: "messages", endUser: "user", stopSequences: "stop" };

/** Decodes the parsed JSON body of `POST /v1/chat/completions` for an agent, which keeps its calls of models to itself. */
export function decodeChatCompletion(
  body: unknown,
): DecodedRequest | { readonly ok: false; readonly failure: Failure } {
  const decoded = decodeCall(body, "agent");
  if (!decoded.ok) return decoded;
  const { call, includeUsage } = decoded;
  const converted = toCompletion(call, names);
  if (!converted.ok) return converted;
  const { completion } = converted;
  return {
    ok: true,
    completion,
    stream: call.stream,
    includeUsage,
    ignored: [...decoded.ignored, ...converted.ignored],
  };
}
