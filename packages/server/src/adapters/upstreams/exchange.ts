import type { UpstreamEntry } from "@gantry/contracts/upstreams";
import type { Dispatcher } from "undici";
import type { Clock } from "../../core/ports/clock.ts";
import { UpstreamError, type UpstreamResponse } from "../../core/ports/upstream-client.ts";
import { createAnswerBody, type AnswerBody } from "./answer-body.ts";
import { createDeadline } from "./deadline.ts";
import { toResponseHeaders } from "./response-headers.ts";
import { toUpstreamError } from "./to-upstream-error.ts";

export interface ExchangeParts {
  readonly dispatcher: Dispatcher;
  readonly options: Dispatcher.DispatchOptions;
  readonly waits: Pick<UpstreamEntry, "connectMs" | "headersMs" | "firstByteMs" | "silenceMs">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * One request and its answer, with a connection of their own for that time. Nothing is repeated and no redirect is
 * followed. Resolves with the answer's head; rejects with an `UpstreamError`, or with the signal's reason.
 */
export function exchange({ dispatcher, options, waits, clock, signal }: ExchangeParts): Promise<UpstreamResponse> {
  const deadline = createDeadline(clock);
  const head = Promise.withResolvers<UpstreamResponse>();
  let controller: Dispatcher.DispatchController | undefined;
  let body: AnswerBody | undefined;
  let hasBytes = false;
  let isOver = false;

  function close(): void {
    isOver = true;
    deadline.stop();
    signal.removeEventListener("abort", abort);
  }

  function breakOff(error: unknown): void {
    if (isOver) return;
    close();
    head.reject(error);
    body?.fail(error);
    controller?.abort(gone);
  }

  function abort(): void {
    body?.abort(signal.reason);
    breakOff(signal.reason);
  }

  const expire = (kind: UpstreamError["kind"], ms: number) => (): void =>
    breakOff(new UpstreamError(kind, `${kind} after ${ms} ms`));

  const flow = {
    pause() {
      // As long as the reader is what is slow, the upstream is not silent.
      deadline.pause();
      controller?.pause();
    },
    resume() {
      if (isOver) return;
      deadline.extend();
      controller?.resume();
    },
    leave: () => breakOff(gone),
  };

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      // It was given up while it waited for a connection.
      if (isOver) return started.abort(gone);
      deadline.set(waits.headersMs, expire("headers_timeout", waits.headersMs));
    },
    onResponseStart(_controller, status, headers) {
      if (isOver || status < 200) return;
      const refusal = refuse(status, headers["content-encoding"]);
      if (refusal !== undefined) return breakOff(refusal);
      deadline.set(waits.firstByteMs, expire("first_byte_timeout", waits.firstByteMs));
      body = createAnswerBody(flow);
      head.resolve({ status, headers: toResponseHeaders(headers), body });
    },
    onResponseData(_controller, bytes) {
      if (isOver) return;
      if (hasBytes) deadline.extend();
      else deadline.set(waits.silenceMs, expire("silence_timeout", waits.silenceMs));
      hasBytes = true;
      body?.push(bytes);
    },
    onResponseEnd() {
      if (isOver) return;
      close();
      body?.end();
    },
    onResponseError: (_controller, error) => breakOff(toUpstreamError(error, controller !== undefined)),
  };

  if (signal.aborted) return Promise.reject(signal.reason);
  signal.addEventListener("abort", abort);
  deadline.set(waits.connectMs, expire("connect", waits.connectMs));
  dispatcher.dispatch(options, handler);
  return head.promise;
}

/** Ends a connection whose answer nobody waits for. */
const gone = new Error("the exchange was ended");

/** What Gantry did not ask for and cannot read, or will not follow. */
function refuse(status: number, encoding: string | string[] | undefined): UpstreamError | undefined {
  if (status < 400 && status >= 300) {
    return new UpstreamError("redirected", `the upstream answered with a redirect (HTTP ${status})`);
  }
  if (encoding === undefined || /^\s*(identity\s*)?$/i.test(String(encoding))) return undefined;
  return new UpstreamError("compressed", `the upstream compressed its answer (HTTP ${status}), unasked`);
}
