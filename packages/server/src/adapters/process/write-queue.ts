import type { Writable } from "node:stream";
import { FailureError, toFailure } from "@gantry/contracts/errors";

export interface WriteQueue {
  /** Resolves when the pipe has taken the line. Rejects with `agent_failed` when the child is gone or takes nothing. */
  writeLine(line: string): Promise<void>;
  /** Closes the pipe behind the lines that wait. May be called twice. */
  end(): void;
}

/** Queues lines for a child, at most `maxPendingBytes` at a time. */
export function createWriteQueue(stream: Writable, maxPendingBytes: number): WriteQueue {
  // Each failed write is told through its own promise; without a listener the event would end the server.
  stream.on("error", () => stream.destroy());

  return {
    async writeLine(line) {
      if (line.includes("\n")) throw new TypeError("Expected one line, got a newline within it.");
      if (!stream.writable) throw toGone();
      const size = Buffer.byteLength(line) + 1;
      if (stream.writableLength + size > maxPendingBytes) {
        const cause = new Error(`More than ${maxPendingBytes} bytes of input would wait for the child.`);
        throw new FailureError(toFailure("agent_failed", "The agent process takes no more input."), { cause });
      }
      await new Promise<void>((resolve, reject) => {
        stream.write(Buffer.from(`${line}\n`), (error) => (error ? reject(toGone(error)) : resolve()));
      });
    },
    end() {
      if (stream.writable) stream.end();
    },
  };
}

function toGone(cause?: Error): FailureError {
  return new FailureError(
    toFailure("agent_failed", "The agent process is gone."),
    cause === undefined ? {} : { cause },
  );
}
