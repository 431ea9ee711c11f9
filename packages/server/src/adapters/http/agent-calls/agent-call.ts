import type { Completion } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";

/** A call of a model's API that an agent program answers, in whichever dialect it came. */
export interface AgentCall {
  readonly completion: Completion;
  readonly stream: boolean;
  /** What was accepted and not honoured; safe for a header. */
  readonly ignored: readonly string[];
  /** An event of the dialect that keeps a quiet stream open; a comment where it has none. */
  readonly heartbeat?: string;
  /** `model` is the full id of the one that answers. Called once. */
  openAnswer(model: string): AgentAnswer;
}

/** One answer as it grows: for a stream as text, and as a whole. */
export interface AgentAnswer {
  /** As the dialect has them. */
  readonly id: string;
  /** Text of server-sent events. */
  encode(event: ModelEvent): string;
  /** After the last event: what a stream is still to be told. An answer without its last event ends in an error. */
  finish(): string | Promise<string>;
  /** The whole answer as JSON, after `call.finished`. */
  body(): unknown;
}
