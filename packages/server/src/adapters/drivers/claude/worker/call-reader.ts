import type { ToolCall } from "../../../../core/ports/work-driver.ts";
import type { CustomTool } from "../../../../core/ports/work-tools.ts";
import type { CliBlock, CliControlRequest, CliTaskStarted } from "../cli-line.ts";
import { readCallId } from "./tool-desk.ts";
import { isObject } from "./work-blocks.ts";

/** Reads tool calls out of what the CLI says. Knows which subagent was started by which call. */
export interface CallReader {
  /** A call out of a message's block; undefined where the block is none. */
  fromBlock(block: CliBlock, parentToolUseId: string | undefined): ToolCall | undefined;
  /** The call that a hook or a request for leave is about. */
  fromRequest(request: CliControlRequest["request"]): ToolCall;
  /** A call of a client's tool that is to run, with the input that it was let run with. */
  fromClientCall(call: { readonly id: string; readonly name: string; readonly input: ToolCall["input"] }): ToolCall;
  noteTask(line: CliTaskStarted): void;
}

export function createCallReader(customTools: readonly CustomTool[], isDeferring: boolean): CallReader {
  const custom = new Set(customTools.map(({ name }) => name));
  const starters = new Map<string, string>();
  const parents = new Map<string, string>();

  function toCall(id: string, tool: string, input: unknown, parentToolUseId: string | undefined): ToolCall {
    const server = custom.has(tool) ? undefined : /^mcp__(.+?)__./.exec(tool)?.[1];
    return {
      id,
      tool,
      kind: custom.has(tool) ? "custom" : server === undefined ? "built_in" : "mcp",
      ...(server === undefined ? {} : { mcpServer: server }),
      input: isObject(input) ? input : {},
      ...(parentToolUseId === undefined ? {} : { parentToolUseId }),
      deferrable: isDeferring && parentToolUseId === undefined,
    };
  }

  return {
    fromBlock({ type, id, name, input }, parent) {
      if (type !== "tool_use" || typeof id !== "string" || typeof name !== "string") return undefined;
      if (parent !== undefined) parents.set(id, parent);
      return toCall(id, name, input, parent);
    },
    fromClientCall: ({ id, name, input }) => toCall(id, name, input, parents.get(id)),
    fromRequest(request) {
      const asked = isObject(request["input"]) ? request["input"] : {};
      const isHook = request.subtype === "hook_callback";
      const name = isHook ? asked["tool_name"] : request["tool_name"];
      const agent = isHook ? asked["agent_id"] : request["agent_id"];
      // What is not told by a message of the main conversation cannot be put off with it.
      const parent = typeof agent === "string" ? (starters.get(agent) ?? agent) : undefined;
      const input = isHook ? asked["tool_input"] : asked;
      return { ...toCall(readCallId(request), typeof name === "string" ? name : "", input, parent), deferrable: false };
    },
    noteTask({ task_id: task, tool_use_id: call }) {
      if (typeof task === "string" && typeof call === "string") starters.set(task, call);
    },
  };
}
