import { readCall, runCall, tellResult, type ChatTool, type ToolContext, type ToolOutcome } from "./chat-tools.ts";
import type { Transport } from "./create-transport.ts";
import { GantryError } from "./gantry-error.ts";
import { listOpenCalls, type CustomToolUse } from "./list-open-calls.ts";
import { persist } from "./retry.ts";
import type { StreamHelper } from "./stream-helper.ts";

/** A call of a tool that the session's client runs. */
export interface SessionToolCall {
  readonly id: string;
  readonly sessionId: string;
  readonly name: string;
  /** As the model wrote it: nothing has checked it. */
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Runs a call. The agent is told what it gives, as JSON where it is no text, and what it throws, as the call's error. Undefined leaves the call
 * to somebody else. It is called once for each, and what is streamed goes on meanwhile.
 */
export type OnToolCall = (call: SessionToolCall, context: ToolContext) => unknown;

/** What runs the calls of an agent's custom tools. */
export interface SessionTools {
  /** Tools with `execute`: what they are called with is checked by their schemas first. */
  readonly tools?: readonly ChatTool[] | undefined;
  /** Runs the calls of all others. */
  readonly onToolCall?: OnToolCall | undefined;
}

interface RunnerParts {
  readonly transport: Transport;
  readonly sessionId: string;
}

/** Runs what is open in a session, each time that it is told to look, and sends the results. */
export function createToolRunner(
  { transport, sessionId }: RunnerParts,
  { tools = [], onToolCall }: SessionTools,
  { signal, onFailure }: StreamHelper,
) {
  const asked = new Set<string>();
  // Up to where in the log all calls are known.
  let upTo = 0;
  let wanted = 0;
  let isLooking = false;
  const fail = (error: unknown): void => {
    if (!signal.aborted) onFailure(error);
  };

  async function lookUntilKnown(): Promise<void> {
    isLooking = true;
    for (let begun = 0; wanted > begun && wanted > upTo;) {
      begun = wanted;
      const open = await persist(() => listOpenCalls(transport, sessionId, { signal }), signal);
      upTo = open.upTo;
      for (const use of open.calls) {
        if (asked.has(use.id)) continue;
        asked.add(use.id);
        // Side by side: one that takes long holds up no other.
        void answer(use).catch(fail);
      }
    }
    isLooking = false;
  }

  async function answer(use: CustomToolUse): Promise<void> {
    const outcome = await run(use);
    if (outcome === undefined || signal.aborted) return;
    try {
      await send(outcome);
    } catch (error) {
      // Such as one that is too long: without any, the session would wait for ever.
      if (!isRefused(error)) throw error;
      await send({ ...outcome, content: `The tool's result was refused: ${error.message}`, isError: true });
    }
  }

  async function run(use: CustomToolUse): Promise<ToolOutcome | undefined> {
    const { id, name, input } = use;
    const tool = tools.find((one) => one.name === name && one.execute !== undefined);
    if (tool !== undefined) {
      const call = await readCall([tool], { id, name, arguments: JSON.stringify(input) });
      return await runCall([tool], call, signal);
    }
    if (onToolCall === undefined) return undefined;
    let isLeft = false;
    const outcome = await tellResult({ callId: id, name }, async () => {
      const result = await onToolCall({ id, sessionId, name, input }, { callId: id, signal });
      isLeft = result === undefined;
      return result;
    });
    return isLeft ? undefined : outcome;
  }

  async function send({ callId, content, isError }: ToolOutcome): Promise<void> {
    const event = {
      type: "user.custom_tool_result",
      custom_tool_use_id: callId,
      content: [{ type: "text", text: content }],
      is_error: isError,
    };
    const path = `/v1/sessions/${encodeURIComponent(sessionId)}/events`;
    const request = { method: "POST", path, body: { events: [event] }, repeat: "keyed" } as const;
    try {
      await persist(() => transport.json(request, { signal }), signal);
    } catch (error) {
      if (!isSettled(error)) throw error;
    }
  }

  return {
    /** `place`: of an event that may tell of another call. */
    look(place = 1): void {
      wanted = Math.max(wanted, place);
      if (!isLooking && wanted > upTo) void lookUntilKnown().catch(fail);
    },
  };
}

/** Somebody was faster, or the call is waited for no more: its turn was interrupted, its session archived or deleted. */
function isSettled(error: unknown): boolean {
  if (!(error instanceof GantryError)) return false;
  if (error.code === "conflict" || error.code === "not_found") return true;
  return error.code === "invalid_request" && error.param === "custom_tool_use_id";
}

function isRefused(error: unknown): error is GantryError {
  return error instanceof GantryError && (error.code === "invalid_request" || error.code === "body_too_large");
}
