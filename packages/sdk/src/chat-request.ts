import type { Sampling } from "@gantry/contracts/completion";
import type { ImageBlock, TextBlock } from "@gantry/contracts/content";
import { GantryError } from "./gantry-error.ts";

export interface ChatMessage {
  readonly role: "user" | "assistant";
  readonly content: string | readonly (TextBlock | ImageBlock)[];
}

/** One answer to one conversation. Bounds of the answer are those of the contract. */
export interface ChatRequest extends Sampling {
  /** A name such as `sonnet`, a full id, or `auto`, which it is where it is missing. */
  readonly model?: string;
  readonly system?: string;
  /** The conversation; or `prompt`, in the place of a single message of the user. */
  readonly messages?: readonly ChatMessage[];
  readonly prompt?: string;
  /** Who is charged; the key's own project where it is missing. */
  readonly projectId?: string;
}

/** The request in the shape of OpenAI's Chat Completions, which the server takes. */
export function toChatBody(request: ChatRequest): Record<string, unknown> {
  const { model = "auto", system, projectId, maxOutputTokens, temperature, topP, stopSequences } = request;
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: "system", content: system }]),
      ...toMessages(request).map(({ role, content }) => ({
        role,
        content: typeof content === "string" ? content : content.map(toPart),
      })),
    ],
    ...(maxOutputTokens !== undefined && { max_completion_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stopSequences !== undefined && { stop: stopSequences }),
    ...(projectId !== undefined && { project_id: projectId }),
  };
}

function toMessages({ messages, prompt }: ChatRequest): readonly ChatMessage[] {
  if (messages !== undefined && prompt === undefined) return messages;
  if (prompt !== undefined && messages === undefined) return [{ role: "user", content: prompt }];
  throw new GantryError("invalid_argument", "A chat takes either `messages` or `prompt`.", { param: "messages" });
}

function toPart(block: TextBlock | ImageBlock): object {
  if (block.type === "text") return { type: "text", text: block.text };
  const { source } = block;
  const url = source.type === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: "image_url", image_url: { url } };
}
