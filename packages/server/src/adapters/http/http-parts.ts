import type { CompletionService } from "../../core/completions/completion-service.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { CompletionFormat, ModelListFormat } from "../../core/ports/wire-format.ts";

/** What the routes are given; nothing here knows what stands behind it. */
export interface HttpParts {
  readonly completions: CompletionService;
  readonly chat: CompletionFormat;
  readonly modelLists: { readonly openai: ModelListFormat; readonly anthropic: ModelListFormat };
  /** Who a key belongs to; `undefined` for a key that is not known. Compares in constant time. */
  findOwner(key: string): string | undefined;
  readonly facts: HttpFacts;
  readonly bodyLimitBytes: number;
  /** How long a client may take nothing of its stream before it is cut off. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly createId: () => string;
}

/** What `/health` and the headers tell about this server. */
export interface HttpFacts {
  readonly version: string;
  readonly upstream: "demo" | "api-key" | "subscription";
  readonly sandbox: string;
  readonly agentVersion: string | undefined;
}
