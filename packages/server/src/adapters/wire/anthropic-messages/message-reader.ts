import type { Failure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { isRecord } from "../check-shape.ts";
import { isDeep } from "../is-deep.ts";
import { decodeStreamedError } from "../read-provider-error.ts";
import { decodeBlock, toDelta, toFinished, toSigned, toStarted, toText, unreadableAnswer } from "./decode-answer.ts";
import { createUsageReader } from "./usage.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Reads a message from the JSON of its stream's events, one at a time. */
export interface MessageReader {
  /** Anything that is no object ends the answer as unreadable. */
  read(event: unknown): readonly ModelEvent[];
  /** Ends the answer; nothing where it has its end. */
  fail(error: Failure): readonly ModelEvent[];
  readonly over: boolean;
}

interface OpenCall {
  readonly index: number;
  hasArguments: boolean;
}

/** Events and blocks that it does not know are left out. */
export function createMessageReader(): MessageReader {
  const usage = createUsageReader();
  /** Tool calls by the index of their block. */
  const calls = new Map<unknown, OpenCall>();
  let end: Fields = {};
  let over = false;

  function fail(error: Failure): readonly ModelEvent[] {
    if (over) return [];
    over = true;
    return [{ type: "call.failed", error, usage: usage.usage }];
  }
  function start(event: Fields): readonly ModelEvent[] {
    const message = toFields(event["message"]);
    usage.read(message["usage"]);
    return [toStarted(message, usage.usage)];
  }
  function startBlock(event: Fields): readonly ModelEvent[] {
    const block = toFields(event["content_block"]);
    if (block["type"] !== "tool_use") return decodeBlock(block);
    const call = { index: calls.size, hasArguments: false };
    calls.set(event["index"], call);
    const [id, name] = [toText(block["id"]), toText(block["name"])];
    const started: ModelEvent = { type: "tool_call.started", index: call.index, id, name };
    // The vendor starts with none; some servers that speak its dialect give them all at once.
    const input = toFields(block["input"]);
    if (Object.keys(input).length === 0) return [started];
    return isDeep(input) ? fail(unreadableAnswer) : [started, ...growCall(call, JSON.stringify(input))];
  }
  function growCall(call: OpenCall | undefined, text: unknown): readonly ModelEvent[] {
    if (call === undefined || typeof text !== "string" || text === "") return [];
    call.hasArguments = true;
    return [{ type: "tool_call.delta", index: call.index, arguments: text }];
  }
  function growBlock(event: Fields): readonly ModelEvent[] {
    const delta = toFields(event["delta"]);
    switch (delta["type"]) {
      case "text_delta":
        return toDelta("text.delta", delta["text"]);
      case "thinking_delta":
        return toDelta("thinking.delta", delta["thinking"]);
      case "signature_delta":
        return toSigned(delta["signature"]);
      case "input_json_delta":
        return growCall(calls.get(event["index"]), delta["partial_json"]);
      default:
        return [];
    }
  }
  /** For a tool without parameters the vendor writes nothing, where others expect an object. */
  function stopBlock(event: Fields): readonly ModelEvent[] {
    const call = calls.get(event["index"]);
    return call === undefined || call.hasArguments ? [] : growCall(call, "{}");
  }
  function finish(): readonly ModelEvent[] {
    over = true;
    return [toFinished(end, usage.usage)];
  }

  return {
    read(event) {
      if (over) return [];
      if (!isRecord(event)) return fail(unreadableAnswer);
      switch (event["type"]) {
        case "message_start":
          return start(event);
        case "content_block_start":
          return startBlock(event);
        case "content_block_delta":
          return growBlock(event);
        case "content_block_stop":
          return stopBlock(event);
        case "message_delta":
          usage.read(event["usage"]);
          end = toFields(event["delta"]);
          return [];
        case "message_stop":
          return finish();
        case "error":
          return fail(decodeStreamedError(event));
        default:
          return [];
      }
    },
    fail,
    get over() {
      return over;
    },
  };
}

function toFields(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
