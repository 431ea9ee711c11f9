import { z } from "zod";
import type { UpstreamCall } from "./upstream-call.ts";

/** What a call tells a model about the work so far. */
export interface AgentTurn {
  /** Names of the tools. */
  readonly offered: readonly string[];
  /** Results of the calls that were made, in the order of the calls. */
  readonly outcomes: readonly ToolOutcome[];
}

export interface ToolOutcome {
  readonly name: string;
  readonly text: string;
}

const content = z
  .union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))])
  .nullish()
  .transform((parts) => (typeof parts === "string" ? parts : (parts ?? []).map(({ text = "" }) => text).join("")));

const chatBody = z.looseObject({
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).default([]),
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content,
      tool_call_id: z.string().optional(),
      tool_calls: z.array(z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string() }) })).default([]),
    }),
  ),
});

const responsesBody = z.looseObject({
  tools: z.array(z.looseObject({ name: z.string() })).default([]),
  input: z.array(
    z.looseObject({
      type: z.string(),
      call_id: z.string().optional(),
      name: z.string().optional(),
      output: content.optional(),
    }),
  ),
});

/** Throws where the body is not of its API. */
export function readAgentTurn({ api, body }: UpstreamCall): AgentTurn {
  return api === "chat" ? readChat(chatBody.parse(body)) : readResponses(responsesBody.parse(body));
}

function readChat({ tools, messages }: z.infer<typeof chatBody>): AgentTurn {
  const calls = messages.flatMap(({ tool_calls }) => tool_calls);
  const results = new Map(
    messages.flatMap((message) => (message.role === "tool" ? [[message.tool_call_id, message.content] as const] : [])),
  );
  return {
    offered: tools.map((tool) => tool.function.name),
    outcomes: calls.flatMap((call) => toOutcome(call.function.name, results.get(call.id))),
  };
}

function readResponses({ tools, input }: z.infer<typeof responsesBody>): AgentTurn {
  const results = new Map(
    input.flatMap((item) => (item.type === "function_call_output" ? [[item.call_id, item.output] as const] : [])),
  );
  const calls = input.filter(({ type }) => type === "function_call");
  return {
    offered: tools.map(({ name }) => name),
    outcomes: calls.flatMap(({ name = "", call_id }) => toOutcome(name, results.get(call_id))),
  };
}

function toOutcome(name: string, text: string | undefined): ToolOutcome[] {
  return text === undefined ? [] : [{ name, text }];
}
