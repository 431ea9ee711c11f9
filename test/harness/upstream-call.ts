import type { IncomingHttpHeaders } from "node:http";
import type { UpstreamAnswer } from "./upstream-answer.ts";

/** One request for an answer, as it came. */
export interface UpstreamCall {
  readonly api: "chat" | "responses";
  /** With its query. */
  readonly url: string;
  /** The name in an Azure address. */
  readonly deployment: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly text: string;
  /** The same, parsed; it is not checked here. */
  readonly body: Readonly<Record<string, unknown>>;
  /** How it ended for the upstream: all was sent, or the caller left, or the connection was cut, before. */
  readonly ended: Promise<"whole" | "cut">;
}

/** Decides what a call is answered. Calls are counted from 0. */
export type UpstreamScript = (call: UpstreamCall, index: number) => UpstreamAnswer | Promise<UpstreamAnswer>;
