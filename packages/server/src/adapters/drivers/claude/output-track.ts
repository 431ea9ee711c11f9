import type { JsonSchema } from "../../../core/ports/schema-checker.ts";
import type { AgentEvent } from "../../../core/ports/driver.ts";
import type { CliLine, CliStreamEvent } from "./cli-line.ts";

/** The tool by which the CLI takes the object that it was initialised to give. */
export const outputTool = "StructuredOutput";

/** That tool as the CLI offers it to the model. */
export function toOutputTool(schema: JsonSchema): object {
  return { name: outputTool, description: "return the final response as structured JSON", input_schema: schema };
}

/** Follows the object in a turn of a process that gives one. */
export interface OutputTrack {
  /** An event of the stream as it is for the client: the object's JSON is the answer's text, and other text is left out. */
  show(event: CliStreamEvent): CliStreamEvent | undefined;
  /** What the line says of the object. */
  hear(line: CliLine): readonly AgentEvent[];
  /** The conversation holds this answer and nothing besides. */
  readonly isExact: boolean;
  /** The object came beside calls of the client's tools: the CLI ends the turn with their results, and asks the model nothing more. */
  readonly endsWithCalls: boolean;
}

export function createOutputTrack(): OutputTrack {
  const ids = new Set<unknown>();
  // Place of the object's block in the message that is being written.
  let place: number | undefined;
  let given: unknown;
  let isWritten = false;
  let isExact = true;
  // Which kinds of tools the message that is being written calls.
  let hasOwn = false;
  let hasOther = false;

  function begin(event: CliStreamEvent): CliStreamEvent | undefined {
    const block = event.content_block;
    if (block?.type !== "tool_use") return event;
    hasOwn ||= block["name"] === outputTool;
    hasOther ||= block["name"] !== outputTool;
    if (block["name"] !== outputTool) return event;
    ids.add(block["id"]);
    place = event.index;
    given = block["input"];
    isWritten = false;
    return undefined;
  }

  const toText = (event: CliStreamEvent, text: string): CliStreamEvent => ({
    type: "content_block_delta",
    ...(event.index === undefined ? {} : { index: event.index }),
    delta: { type: "text_delta", text },
  });

  function write(event: CliStreamEvent): CliStreamEvent | undefined {
    const { delta } = event;
    if (delta?.type === "text_delta") {
      isExact &&= (delta.text ?? "").trim() === "";
      return undefined;
    }
    if (delta?.type !== "input_json_delta" || event.index !== place) return event;
    isWritten ||= delta.partial_json !== undefined && delta.partial_json !== "";
    return toText(event, delta.partial_json ?? "");
  }

  function end(event: CliStreamEvent): CliStreamEvent | undefined {
    if (event.index !== place || place === undefined) return event;
    place = undefined;
    // An object without fields has no pieces, and some models give all of them at the beginning.
    return isWritten ? undefined : toText(event, JSON.stringify(given ?? {}));
  }

  return {
    show(event) {
      switch (event.type) {
        case "message_start":
          place = undefined;
          hasOwn = hasOther = false;
          return event;
        case "content_block_start":
          return begin(event);
        case "content_block_delta":
          return write(event);
        case "content_block_stop":
          return end(event);
        default:
          return event;
      }
    },
    hear(line) {
      if (line.type !== "user" || line.parent_tool_use_id || typeof line.message.content === "string") return [];
      const refused = line.message.content.filter(
        (block) => block.type === "tool_result" && block["is_error"] === true && ids.has(block["tool_use_id"]),
      );
      if (refused.length > 0) isExact = false;
      return refused.map((block) => ({ type: "output.rejected", misfits: toMisfits(block["content"]) }));
    },
    get isExact() {
      return isExact;
    },
    get endsWithCalls() {
      return hasOwn && hasOther;
    },
  };
}

function toMisfits(content: unknown): string {
  const text = typeof content === "string" ? content : JSON.stringify(content ?? "");
  return text.replace(/^Output does not match required schema: /, "output").slice(0, 2_000);
}
