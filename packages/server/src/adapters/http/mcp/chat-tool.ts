import { z } from "zod";
import { FailureError } from "@gantry/contracts/errors";
import { collectAnswer } from "../../../core/completions/collect-answer.ts";
import { type ChatParts, startChat } from "../chat/start-chat.ts";
import { defineTool, type McpTool } from "./mcp-tool.ts";

const fallbackModel = "sonnet";

/** One question to a model, by the road of every chat completion. */
export function createChatTool(parts: ChatParts): McpTool {
  return defineTool({
    name: "chat",
    description: "Ask a model a question and get its answer. It has no tools and remembers nothing of other calls.",
    access: "inference",
    allows: ({ profile }) => profile.allowedModels.length > 0,
    input: z.strictObject({
      prompt: z.string().min(1).max(1_000_000),
      system: z.string().max(1_000_000).optional(),
      model: z.string().min(1).max(256).default(fallbackModel),
    }),
    readOnly: true,
    async run({ input, principal, requestId, address, payloadDigest, signal }) {
      const { prompt, system, model } = input;
      const messages = [
        ...(system === undefined ? [] : [{ role: "system", content: system }]),
        { role: "user", content: prompt },
      ];
      const request = { requestId, principal, address, payloadDigest, signal };
      const { answer } = await startChat(parts, { model, messages }, request);
      const said = await collectAnswer(answer.events);
      if (!said.ok) throw new FailureError(said.failure);
      const { text, finishReason, usage, costMicros } = said;
      const cost = answer.cached ? 0 : costMicros === undefined ? null : costMicros / 1_000_000;
      return { value: { text, model: answer.model, finish_reason: finishReason, cost, usage }, text };
    },
  });
}
