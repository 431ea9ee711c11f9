import assert from "node:assert/strict";
import type { ClaudeVersion } from "../../test/harness/claude-versions.ts";
import { toModelView, type ClientMessage } from "../../test/harness/conversation.ts";
import { readEcho, type Echo } from "../../test/harness/echo.ts";

/** A request as far as it is compared with what reached the model. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ClientMessage[];
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly stop?: readonly string[];
}

/** Compares what reached the model with what the client sent, settings included. Throws where they differ. */
export function checkEcho(answer: string, request: ChatRequest, release: ClaudeVersion): Echo {
  const echo = readEcho(answer, release);
  const { system, messages } = toModelView(request.messages);
  assert.deepEqual(
    {
      system: echo.system,
      messages: echo.messages,
      temperature: writesDefaultOut(echo, request, release) ? undefined : echo.temperature,
      stop: echo.stop_sequences,
    },
    { system, messages, temperature: request.temperature, stop: request.stop },
  );
  if (request.max_tokens !== undefined) assert.equal(echo.max_tokens, request.max_tokens);
  return echo;
}

/** A turn without thinking carries the vendor's default temperature in 2.1.197, which changes nothing. */
function writesDefaultOut(echo: Echo, request: ChatRequest, release: ClaudeVersion): boolean {
  return (
    release === "2.1.197" && request.temperature === undefined && echo.temperature === 1 && echo.thinking === undefined
  );
}
