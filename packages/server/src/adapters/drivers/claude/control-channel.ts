import type { HostedProcess } from "../../../core/ports/process-host.ts";
import type { CliControlResponse } from "./cli-line.ts";

/** Requests to the CLI beside the conversation, matched to their answers by id. */
export interface ControlChannel {
  /** Resolves with the answer's body. Rejects when the CLI answers with an error or ends before it answers. */
  request(body: Readonly<Record<string, unknown>>): Promise<unknown>;
  take(line: CliControlResponse): void;
  /** Answers something that the CLI has asked. What cannot be written any more is dropped: nobody is there to hear it. */
  reply(requestId: string, answer: object): void;
  /** Says that what was asked is not to be had. */
  refuse(requestId: string, error: string): void;
  /** Rejects whatever still waits. */
  close(reason: Error): void;
}

export function createControlChannel(process: HostedProcess): ControlChannel {
  const waiting = new Map<string, { resolve: (value: unknown) => void; reject: (reason: Error) => void }>();
  let count = 0;
  let closed: Error | undefined;

  function respond(response: object): void {
    process.writeLine(JSON.stringify({ type: "control_response", response })).catch(() => {});
  }

  return {
    async request(body) {
      if (closed !== undefined) throw closed;
      count += 1;
      const id = `g${count}`;
      const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
      // The answer may fail before the line is written; whoever awaits it still sees the failure.
      answer.catch(() => {});
      await process.writeLine(JSON.stringify({ type: "control_request", request_id: id, request: body }));
      return await answer;
    },
    take({ response }) {
      const waiter = waiting.get(response.request_id);
      if (waiter === undefined) return;
      waiting.delete(response.request_id);
      if (response.subtype === "success") waiter.resolve(response.response);
      else waiter.reject(new Error(`The CLI refused a control request: ${response.error ?? response.subtype}`));
    },
    reply: (requestId, answer) => respond({ subtype: "success", request_id: requestId, response: answer }),
    refuse: (requestId, error) => respond({ subtype: "error", request_id: requestId, error }),
    close(reason) {
      closed = reason;
      for (const waiter of waiting.values()) waiter.reject(reason);
      waiting.clear();
    },
  };
}
