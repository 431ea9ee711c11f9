import type { TestContext } from "node:test";
import { z } from "zod";
import { systemClock } from "../../../core/ports/clock.ts";
import { createDemoModel } from "./demo-model.ts";
import type { DemoModelOptions } from "./demo-model.ts";

/** For tests: a demo model on a free port, stopped with the test. */
export async function startDemoModel(context: TestContext, options: Partial<DemoModelOptions> = {}) {
  const model = createDemoModel({ clock: systemClock, ...options });
  context.after(() => model.stop());
  const { url, port } = await model.listen({ host: "127.0.0.1", port: 0 });
  return { model, url, port };
}

const usage = z.looseObject({
  input_tokens: z.number(),
  output_tokens: z.number(),
  cache_read_input_tokens: z.number(),
  cache_creation_input_tokens: z.number(),
  cache_creation: z.object({ ephemeral_5m_input_tokens: z.number(), ephemeral_1h_input_tokens: z.number() }),
});
const message = z.object({
  id: z.string().startsWith("msg_"),
  type: z.literal("message"),
  role: z.literal("assistant"),
  model: z.string(),
  content: z.array(z.looseObject({ type: z.string() })),
  stop_reason: z.string().nullable(),
  stop_sequence: z.string().nullable(),
  usage,
});
const event = z.looseObject({
  type: z.string(),
  index: z.number().optional(),
  message: message.optional(),
  content_block: z.looseObject({ type: z.string() }).optional(),
  delta: z.record(z.string(), z.unknown()).optional(),
  usage: usage.optional(),
});

export type ModelMessage = z.infer<typeof message>;
export type ModelEvent = z.infer<typeof event>;

/** A request body with one user message. */
export function toBody(prompt: unknown, more: object = {}): object {
  return { model: "claude-haiku-5-5", messages: [{ role: "user", content: prompt }], ...more };
}

export function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`${url}/v1/messages?beta=true`, { method: "POST", body: text, ...(signal && { signal }) });
}

export async function ask(url: string, body: object): Promise<ModelMessage> {
  return message.parse(await (await post(url, body)).json());
}

/** Reads a streamed answer's events; each must be named as its data says. */
export async function askStreamed(url: string, body: object): Promise<ModelEvent[]> {
  return parseEvents(await (await post(url, { ...body, stream: true })).text());
}

export function parseEvents(text: string): ModelEvent[] {
  return text
    .split("\n\n")
    .filter((part) => part !== "")
    .map((part) => {
      const [, name, data = ""] = /^event: ([^\n]*)\ndata: ([^\n]*)$/.exec(part) ?? [];
      const parsed = event.parse(JSON.parse(data));
      if (parsed.type !== name) throw new Error(`event ${name} carries ${parsed.type}`);
      return parsed;
    });
}

const deltaFields = ["thinking", "text", "partial_json", "signature"];

/** The deltas of each block joined, as a client does it, with how the answer ended. */
export function join(events: readonly ModelEvent[]) {
  const blocks: { type: string; text: string; start: object; deltas: number }[] = [];
  for (const { type, index = -1, content_block, delta } of events) {
    if (type === "content_block_start" && content_block) {
      blocks[index] = { type: content_block.type, text: "", start: content_block, deltas: 0 };
    }
    const block = blocks[index];
    if (type !== "content_block_delta" || !block || !delta) continue;
    if (delta["type"] === "signature_delta") continue;
    block.deltas += 1;
    block.text += deltaFields.map((field) => delta[field] ?? "").join("");
  }
  const end = events.find(({ type }) => type === "message_delta");
  return {
    blocks,
    stopReason: end?.delta?.["stop_reason"],
    stopSequence: end?.delta?.["stop_sequence"],
    usage: end?.usage,
  };
}

/** Text of a message's text blocks. */
export function textOf({ content }: ModelMessage): string {
  return content.map((block) => (block.type === "text" ? block["text"] : "")).join("");
}

/** Asks both ways, checks that they agree, and gives the text and the end. */
export async function say(url: string, prompt: unknown, more: object = {}) {
  const body = toBody(prompt, more);
  const whole = await ask(url, body);
  const streamed = join(await askStreamed(url, body));
  const text = streamed.blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
  const agreed = text === textOf(whole) && streamed.stopReason === whole.stop_reason;
  if (!agreed || streamed.stopSequence !== whole.stop_sequence)
    throw new Error("streamed and unstreamed answers differ");
  if (streamed.usage?.output_tokens !== whole.usage.output_tokens) throw new Error("output tokens differ");
  return { text, stopReason: whole.stop_reason, stopSequence: whole.stop_sequence, whole, streamed };
}
