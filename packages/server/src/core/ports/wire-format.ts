import type { Completion, CompletionEvent, FinishReason, TokenUsage } from "@gantry/contracts/completion";
import type { ToolCallBlock } from "@gantry/contracts/content";
import type { Failure } from "@gantry/contracts/errors";
import type { AgentModel } from "./driver.ts";

/** A foreign shape of completions: to and from the contract, pure. */
export interface CompletionFormat {
  /** A new id as the format has them. */
  createId(): string;
  /** Never throws. */
  decode(body: unknown): DecodedRequest | { readonly ok: false; readonly failure: Failure };
  encodeAnswer(answer: WholeAnswer): unknown;
  openStream(settings: StreamSettings): StreamEncoder;
  encodeError(failure: Failure): EncodedError;
}

export interface DecodedRequest {
  readonly ok: true;
  readonly completion: Completion;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** What was accepted and not honoured; safe for a header. */
  readonly ignored: readonly string[];
}

export interface WholeAnswer {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly ToolCallBlock[];
  readonly finishReason: FinishReason;
  readonly usage: TokenUsage;
  /** What it came to and for whom, where the client is told. `costMicros` is null where nobody could tell. */
  readonly charged?: { readonly projectId: string; readonly costMicros: number | null };
}

export interface StreamSettings {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
  readonly includeUsage: boolean;
}

/** A state machine: events in, text of server-sent events out. */
export interface StreamEncoder {
  encode(event: CompletionEvent): string;
  /** After the last event: what the client is still to be told. */
  finish(): string;
}

export interface EncodedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A model in the list of a client. */
export interface ListedModel extends AgentModel {
  /** The upstream of the configuration that serves it; undefined where it is the agent program's own. */
  readonly ownedBy?: string;
}

/** A foreign shape of the list of models. `created` is in epoch seconds. */
export interface ModelListFormat {
  encodeList(models: readonly ListedModel[], created: number): unknown;
  /** Undefined where no model has that name. */
  encodeOne(models: readonly ListedModel[], name: string, created: number): unknown;
}
