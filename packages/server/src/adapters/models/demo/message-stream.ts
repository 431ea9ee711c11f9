import type { ServerResponse } from "node:http";
import type { Clock } from "../../../core/ports/clock.ts";
import { countOutputTokens } from "./answer.ts";
import type { AnswerBlock } from "./answer.ts";
import { createBatchWriter } from "./batch-writer.ts";
import type { BatchWriter } from "./batch-writer.ts";
import { thinkingSignature, toBlockStart, toMessageStart, toUsage } from "./message.ts";
import type { Message } from "./message.ts";
import { wait } from "./wait.ts";

const deltaKinds = {
  thinking: { type: "thinking_delta", field: "thinking" },
  text: { type: "text_delta", field: "text" },
  tool_use: { type: "input_json_delta", field: "partial_json" },
} as const;

/**
 * Streams a message in the vendor's order of events: `message_start`, then for each block `content_block_start`, deltas and
 * `content_block_stop` (with a `ping` behind the first start), then `message_delta` and `message_stop`. Waits while the client does
 * not take more, and stops when `signal` says that it has left.
 */
export async function streamMessage(
  message: Message,
  response: ServerResponse,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { blocks, ending, stopReason, stopSequence } = message.answer;
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const writer = createBatchWriter(response);
  writer.push(toEvent("message_start", { message: toMessageStart(message) }));
  if (blocks.length === 0) writer.push(toEvent("ping", {}));

  for (const [index, block] of blocks.entries()) {
    writer.push(toEvent("content_block_start", { index, content_block: toBlockStart(block, message) }));
    if (index === 0) writer.push(toEvent("ping", {}));
    await streamDeltas(index, block, writer, (ms) => wait(ms, clock, signal), message.answer.paceMs);
    if (signal.aborted) return;
    const last = index === blocks.length - 1;
    if (!last || ending === "finished") writer.push(toEvent("content_block_stop", { index }));
  }

  if (ending === "cut") return writer.cut();
  if (ending === "silent") return writer.flush();
  const delta = { stop_reason: stopReason, stop_sequence: stopSequence };
  writer.push(toEvent("message_delta", { delta, usage: toUsage(message, countOutputTokens(blocks)) }));
  writer.push(toEvent("message_stop", {}));
  writer.end();
}

/** Everything of a delta's event but the text itself is made once for the block. */
async function streamDeltas(
  index: number,
  block: AnswerBlock,
  writer: BatchWriter,
  pause: (ms: number) => Promise<void>,
  paceMs: number,
): Promise<void> {
  const { type, field } = deltaKinds[block.type];
  const head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`;
  for (const text of block.deltas) {
    writer.push(`${head}${JSON.stringify(text)}}}\n\n`);
    if (paceMs > 0) {
      await writer.flush();
      await pause(paceMs);
    } else if (writer.full) {
      await writer.flush();
    }
    if (writer.gone) return;
  }
  if (block.type === "thinking") {
    writer.push(
      toEvent("content_block_delta", { index, delta: { type: "signature_delta", signature: thinkingSignature } }),
    );
  }
}

function toEvent(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
