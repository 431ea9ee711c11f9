import { z } from "zod";

/** Any content block. Only what the demo model reads is checked; everything else is kept as it came. */
const block = z.looseObject({ type: z.string(), text: z.string().optional() });

/** A bare string is one text block. */
const content = z.union([z.string().transform(toTextBlocks), z.array(block)]);

const messagesRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string(), content })),
  system: content.nullish().transform((blocks) => blocks ?? []),
  tools: z
    .array(z.looseObject({ name: z.string() }))
    .nullish()
    .transform((tools) => tools ?? []),
  tool_choice: z.looseObject({ type: z.string(), name: z.string().optional() }).nullish().catch(null),
  max_tokens: z.number().int().positive().optional(),
  stop_sequences: z.array(z.string()).nullish(),
  stream: z.boolean().nullish(),
});

/** A request to the Messages API with its content in blocks throughout. Roles are not checked: newest ones must pass. */
export type MessagesRequest = z.infer<typeof messagesRequest>;
export type RequestMessage = MessagesRequest["messages"][number];
export type RequestBlock = z.infer<typeof block>;

/** A tool's result, whose content may be absent, a string or blocks. */
const toolResult = z.looseObject({ tool_use_id: z.string(), content: content.nullish() });
const toolUse = z.looseObject({ id: z.string(), name: z.string() });
const source = z.looseObject({
  type: z.string(),
  media_type: z.string().optional(),
  data: z.string().optional(),
  url: z.string().optional(),
});
const withSource = z.looseObject({ source });

export type MediaSource = z.infer<typeof source>;

/** Reads a request's parsed JSON; `problem` names the first field at fault. */
export function parseMessagesRequest(value: unknown): { request: MessagesRequest } | { problem: string } {
  const parsed = messagesRequest.safeParse(value);
  if (parsed.success) return { request: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: `${issue?.path.join(".") || "body"}: ${issue?.message ?? "invalid"}` };
}

/** The texts of the text blocks, in order. */
export function textsOf(blocks: readonly RequestBlock[]): string[] {
  return blocks.flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : []));
}

export function parseToolUse(value: RequestBlock): { id: string; name: string } | undefined {
  return value.type === "tool_use" ? toolUse.safeParse(value).data : undefined;
}

export function parseToolResult(value: RequestBlock): { id: string; content: RequestBlock[] } | undefined {
  const result = value.type === "tool_result" ? toolResult.safeParse(value).data : undefined;
  return result && { id: result.tool_use_id, content: result.content ?? [] };
}

/** The source of an image or a document. */
export function parseSource(value: RequestBlock): MediaSource | undefined {
  return withSource.safeParse(value).data?.source;
}

function toTextBlocks(text: string): RequestBlock[] {
  return [{ type: "text", text }];
}
