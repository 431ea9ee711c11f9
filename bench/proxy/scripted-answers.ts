/** What the scripted upstream answers: the same bytes each time, so that every answer can be compared with them. */

/** What each answer says it has used. */
export const answeredUsage = { input: 25, output: 50 } as const;

const streamedPieces = 50;

const message = {
  id: "msg_bench",
  type: "message",
  role: "assistant",
  model: "bench",
  content: [] as readonly object[],
  stop_reason: null as string | null,
  stop_sequence: null,
  usage: { input_tokens: answeredUsage.input, output_tokens: answeredUsage.output },
};

export const wholeAnswer = Buffer.from(
  JSON.stringify({ ...message, content: [{ type: "text", text: "Words of an answer." }], stop_reason: "end_turn" }),
);

const opening = toBytes(
  { type: "message_start", message: { ...message, usage: { ...message.usage, output_tokens: 1 } } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
);

/** One delta of an answer's text. */
export const delta = toBytes({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text: "one of many words " },
});

export const closing = toBytes(
  { type: "content_block_stop", index: 0 },
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: answeredUsage.output },
  },
  { type: "message_stop" },
);

/** The pieces of a streamed answer, each to be written by itself. */
export const streamedAnswer: readonly Buffer[] = [
  opening,
  ...Array.from({ length: streamedPieces - 2 }, () => delta),
  closing,
];

/** The pieces of an answer that is held open: the beginning, before any more deltas and the end. */
export const heldOpening: Buffer = Buffer.concat([opening, delta]);

interface StreamedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

function toBytes(...events: readonly StreamedEvent[]): Buffer {
  return Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
}
