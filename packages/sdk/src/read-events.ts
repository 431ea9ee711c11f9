import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { OpenAnswer } from "./create-transport.ts";
import { GantryError } from "./gantry-error.ts";

/** The server's longest events are some megabytes; what goes on without an end is none of its. */
const longestEvent = 64 * 1024 * 1024;

/**
 * The server-sent events of an answer, to its end. Leaving the loop closes the connection. Throws where the connection is cut, or brings
 * nothing for `idleMs`: the server sends a heartbeat every 15 seconds.
 */
export async function* readEvents(answer: OpenAnswer, idleMs: number): AsyncGenerator<EventSourceMessage, void> {
  const { response, requestId, close, toError } = answer;
  const ready: EventSourceMessage[] = [];
  let broken: GantryError | undefined;
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: (event) => void ready.push(event),
    onError(error) {
      if (error.type !== "max-buffer-size-exceeded") return;
      broken = new GantryError("unexpected_answer", "An event of the stream is too long.", { requestId });
    },
  });
  const decoder = new TextDecoder();
  try {
    const reader = toReader(answer);
    for (;;) {
      const { done, value } = await readInTime(reader, idleMs);
      if (!done) parser.feed(decoder.decode(value, { stream: true }));
      while (ready.length > 0) yield* ready.splice(0);
      if (broken !== undefined) throw broken;
      if (done) return;
    }
  } catch (thrown) {
    throw toError(thrown);
  } finally {
    close();
    // Some runtimes keep a body that nobody has read to its end.
    void response.body?.cancel().catch(() => undefined);
  }
}

function toReader({ response, requestId }: OpenAnswer): ReadableStreamDefaultReader<Uint8Array> {
  const type = response.headers.get("content-type") ?? "";
  if (response.body !== null && type.startsWith("text/event-stream")) return response.body.getReader();
  const { status } = response;
  throw new GantryError("unexpected_answer", `The answer is no event stream, but ${JSON.stringify(type)}.`, {
    status,
    requestId,
  });
}

async function readInTime(reader: ReadableStreamDefaultReader<Uint8Array>, idleMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new GantryError("timed_out", `The stream brought nothing for ${idleMs} ms.`);
    timer = setTimeout(() => reject(error), idleMs);
  });
  try {
    return await Promise.race([reader.read(), late]);
  } finally {
    clearTimeout(timer);
  }
}
