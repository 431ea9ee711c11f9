import { previewTypes } from "@gantry/contracts/session-events";
import { sessionInputs } from "@gantry/contracts/session-inputs";
import { taskSummary } from "@gantry/contracts/tasks";
import { z } from "zod";
import { eventAnswer, userEventAnswer } from "../../adapters/http/managed/session-answers.ts";
import { openingFrame, sendFrame } from "../../adapters/http/managed/socket-frames.ts";
import { streamClientFrame, streamServerFrame } from "../../adapters/http/stream/told-frames.ts";
import { anthropicError } from "./error-answers.ts";

/* The `data` of streams, and the frames of sockets. */

const count = z.int();

const notice = z.object({
  type: z
    .enum(["ok", "gap"])
    .meta({ description: "`gap` where events before `oldest_sequence` are not kept any more." }),
  after: count,
  oldest_sequence: count,
  message: z.string().optional(),
});
const closed = z.object({ type: z.literal("closed"), reason: z.string(), message: z.string() });
const previews = [
  z.object({
    type: z.literal("event_start"),
    event: z.object({ type: z.enum(previewTypes), id: z.string() }),
  }),
  z.object({
    type: z.literal("event_delta"),
    event_id: z.string(),
    delta: z.object({
      type: z.literal("content_delta"),
      index: count,
      content: z.object({ type: z.literal("text"), text: z.string() }),
    }),
  }),
] as const;

export const sessionStreamEvent = z.union([eventAnswer, ...previews, notice, closed, anthropicError]);

export const taskStreamEvent = z.union([
  z.object({ type: z.literal("task.queued"), queue_position: count }),
  z.object({ type: z.literal("task.held"), held_until: z.string(), queue_position: count }),
  z.object({ type: z.literal("task.status"), task: taskSummary }),
  eventAnswer,
]);

export const sessionFrames = {
  client: z.union([openingFrame, sendFrame.extend({ events: sessionInputs.shape.events })]),
  server: z.union([
    ...sessionStreamEvent.options,
    z.object({ type: z.literal("sent"), ref: z.string().optional(), data: z.array(userEventAnswer) }),
  ]),
};

export const streamFrames = { client: streamClientFrame, server: streamServerFrame };
