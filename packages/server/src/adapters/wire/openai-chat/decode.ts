import type { Completion } from "@gantry/contracts/completion";
import type { Failure } from "@gantry/contracts/errors";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { DecodedRequest } from "../../../core/ports/wire-format.ts";
import { decodeCall } from "./decode-call.ts";

/** Decodes the parsed JSON body of `POST /v1/chat/completions` for an agent, which keeps its calls of models to itself. */
export function decodeChatCompletion(
  body: unknown,
): DecodedRequest | { readonly ok: false; readonly failure: Failure } {
  const decoded = decodeCall(body, "agent");
  if (!decoded.ok) return decoded;
  const { call, includeUsage, ignored } = decoded;
  return { ok: true, completion: toCompletion(call), stream: call.stream, includeUsage, ignored };
}

/** The texts of the system are joined with one newline. */
function toCompletion(call: ModelCall): Completion {
  const {
    model,
    system,
    tools,
    toolChoice: choice,
    parallelToolCalls: parallel,
    sampling,
    effort,
    outputFormat,
  } = call;
  const offer = {
    definitions: tools,
    ...(choice !== undefined && { choice }),
    ...(parallel !== undefined && { parallel }),
  };
  return {
    model,
    system: system.map(({ text }) => text).join("\n"),
    messages: call.messages.flatMap(({ role, content }) => (role === "system" ? [] : [{ role, content }])),
    sampling,
    ...(tools.length > 0 && { tools: offer }),
    ...(outputFormat !== undefined && { outputFormat }),
    ...(effort !== undefined && { effort }),
  };
}
