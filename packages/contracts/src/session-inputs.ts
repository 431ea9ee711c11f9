import { z } from "zod";

/** What a client sends into a session, in the wire's own shape (Managed Agents). What is ours alone lies in `gantry`. */

const id = z.string().min(1).max(200);
const mediaType = z.string().min(1).max(200);
const url = z.string().min(1).max(8192);
const text = z.string().max(2_000_000);

const textBlock = z.object({ type: z.literal("text"), text });
const imageBlock = z.object({
  type: z.literal("image"),
  source: z.discriminatedUnion("type", [
    z.object({ type: z.literal("base64"), media_type: mediaType, data: z.string().min(1) }),
    z.object({ type: z.literal("url"), url }),
    z.object({ type: z.literal("file"), file_id: id }),
  ]),
});
const documentBlock = z.object({
  type: z.literal("document"),
  source: z.discriminatedUnion("type", [
    z.object({ type: z.literal("base64"), media_type: mediaType, data: z.string().min(1) }),
    z.object({ type: z.literal("text"), media_type: z.literal("text/plain"), data: text }),
    z.object({ type: z.literal("url"), url }),
    z.object({ type: z.literal("file"), file_id: id }),
  ]),
  title: z.string().max(1000).nullish(),
  context: z.string().max(100_000).nullish(),
});
const searchResultBlock = z.object({
  type: z.literal("search_result"),
  source: z.string().max(8192),
  title: z.string().max(1000),
  content: z.array(textBlock).max(1000),
  citations: z.object({ enabled: z.boolean() }),
});

export type TextContent = z.infer<typeof textBlock>;
const messageBlock = z.discriminatedUnion("type", [textBlock, imageBlock, documentBlock]);
const resultBlock = z.discriminatedUnion("type", [textBlock, imageBlock, documentBlock, searchResultBlock]);
export type MessageContent = z.infer<typeof messageBlock>;
export type ToolResultContent = z.infer<typeof resultBlock>;

const userMessage = z.object({
  type: z.literal("user.message"),
  content: z.array(messageBlock).min(1).max(1000),
  /** `steer`: read by the model at its next call where a turn is running, instead of waiting for that turn's end. */
  gantry: z.strictObject({ delivery: z.enum(["queue", "steer"]).optional() }).optional(),
});
const userInterrupt = z.object({ type: z.literal("user.interrupt"), session_thread_id: id.nullish() });
const userToolConfirmation = z.object({
  type: z.literal("user.tool_confirmation"),
  tool_use_id: id,
  result: z.enum(["allow", "deny"]),
  deny_message: z.string().max(10_000).nullish(),
  session_thread_id: id.nullish(),
  gantry: z
    .strictObject({
      /** Takes the place of the input that the agent gave. */
      input: z.record(z.string(), z.unknown()).optional(),
      /** Answers to a question of the agent, by the question's text. */
      answers: z.record(z.string(), z.string().max(100_000)).optional(),
      /** `session`: the like is allowed for the rest of this session. */
      scope: z.enum(["call", "session"]).optional(),
    })
    .optional(),
});
const userCustomToolResult = z.object({
  type: z.literal("user.custom_tool_result"),
  custom_tool_use_id: id,
  content: z.array(resultBlock).max(1000).optional(),
  is_error: z.boolean().nullish(),
  session_thread_id: id.nullish(),
});
const userToolResult = z.object({
  type: z.literal("user.tool_result"),
  tool_use_id: id,
  content: z.array(resultBlock).max(1000).optional(),
  is_error: z.boolean().nullish(),
  session_thread_id: id.nullish(),
});
const systemMessage = z.object({ type: z.literal("system.message"), content: z.array(textBlock).min(1).max(100) });

export type UserMessageInput = z.infer<typeof userMessage>;
export type UserInterruptInput = z.infer<typeof userInterrupt>;
export type UserToolConfirmationInput = z.infer<typeof userToolConfirmation>;
export type UserCustomToolResultInput = z.infer<typeof userCustomToolResult>;
export type SystemMessageInput = z.infer<typeof systemMessage>;
/** What a client may send. Fields that are not known are ignored, as the wire does it; `user.tool_result` is refused later. */
export const sessionInput = z.discriminatedUnion("type", [
  userMessage,
  userInterrupt,
  userToolConfirmation,
  userCustomToolResult,
  userToolResult,
  systemMessage,
]);
export type SessionInput = z.infer<typeof sessionInput>;
export const sessionInputs = z.object({ events: z.array(sessionInput).min(1).max(100) });
/** What a session may be created with. */
export const initialInput = userMessage;
