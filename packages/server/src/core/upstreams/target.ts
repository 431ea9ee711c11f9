import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { UpstreamDialect, UpstreamEntry } from "@gantry/contracts/upstreams";
import type { Upstream, UpstreamResponse } from "../ports/upstream-client.ts";

/** Where a call may go, and what the model is called there. */
export interface Target {
  readonly upstream: Upstream;
  readonly dialect: UpstreamDialect;
  readonly model: string;
}

/** A call as it is written for one target. */
export interface Exchange {
  /** Below the base URL, with its query. */
  readonly path: string;
  /** In lower case; what may not be passed on is left out by the client. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** What the target's dialect could not carry. */
  readonly ignored: readonly string[];
}

export interface AttemptRequest {
  /** Whose turn it is in the queue of a busy upstream. */
  readonly owner: string;
  /** In the order in which they are tried; at least one. */
  readonly targets: readonly Target[];
  /** Each target is tried once, since the client tries again by itself. */
  readonly once: boolean;
  /** May throw a `FailureError`, which ends the attempt. */
  toExchange(target: Target): Exchange;
  readonly signal: AbortSignal;
}

/** An upstream's answer, of whatever status, after all that could be tried. */
export interface Attempted {
  readonly target: Target;
  readonly response: UpstreamResponse;
  readonly ignored: readonly string[];
  /** To be called when the answer's body is done with. May be called twice. */
  end(): void;
}

/** Rejects with a `FailureError`: `queue_full`, `queue_timeout`, `upstream_…`; or with the signal's reason. */
export type AttemptTargets = (request: AttemptRequest) => Promise<Attempted>;

const paths: Readonly<Record<UpstreamDialect, string>> = {
  "anthropic-messages": "/v1/messages",
  "openai-chat": "/chat/completions",
  "openai-responses": "/responses",
};

/** Where calls of a target go, below its base URL; `below` is added to it, with the client's own query. */
export function toPath({ upstream: { entry }, dialect, model }: Target, below = ""): string {
  if (entry.kind !== "azure-openai") return paths[dialect] + below;
  // They would lead to another place of the same server.
  if (model === "." || model === "..") throw new FailureError(toFailure("model_not_found"));
  const version = encodeURIComponent(entry.apiVersion);
  return `/openai/deployments/${encodeURIComponent(model)}/chat/completions?api-version=${version}`;
}

/** How calls are written for an upstream. */
export function dialectOf(entry: UpstreamEntry): UpstreamDialect {
  if (entry.kind === "anthropic") return "anthropic-messages";
  if (entry.kind === "azure-openai") return "openai-chat";
  return entry.api === "chat" ? "openai-chat" : "openai-responses";
}
