import type { Completion, CompletionEvent } from "@gantry/contracts/completion";
import type { AgentModel } from "../ports/driver.ts";
import type { DoorCaller } from "../ports/model-door.ts";

/** Serves stateless completions. The front doors know this and nothing of processes. */
export interface CompletionService {
  /**
   * Waits for a process and starts the answer.
   * Rejects with a `FailureError`: `model_not_found`, `queue_full`, `queue_timeout`, `agent_unavailable`, `draining`, ….
   * Aborting `signal` ends the wait or interrupts the turn; the process then goes back clean.
   */
  complete(request: CompletionRequest): Promise<StartedAnswer>;
  /** The models that can be asked for, as the agent program reports them. Rejects with `agent_unavailable`. */
  models(): Promise<readonly AgentModel[]>;
  /** Those of {@link models} that are known by now. */
  knownModels(): readonly AgentModel[];
  /** A snapshot; never blocks. */
  status(): CompletionServiceStatus;
}

export interface CompletionRequest {
  /** Who asks; processes are never shared between owners. */
  readonly owner: string;
  readonly completion: Completion;
  readonly signal: AbortSignal;
  /** The client reads along. Where it does not, an answer that does not fit what was asked for may be asked for again. */
  readonly isStreamed?: boolean;
  /** The W3C header of the trace that the client began; it goes on to the model where the driver can carry it. */
  readonly traceparent?: string;
  /** Who pays for each call of a model, where the agent's calls come through the server. */
  readonly caller?: DoorCaller;
}

/** How warm the process was that took the turn. */
export type ProcessTemperature = "same-conversation" | "clean" | "spare" | "cold";

export interface StartedAnswer {
  readonly temperature: ProcessTemperature;
  /** Full id of the model that answers. */
  readonly model: string;
  /** To be iterated once; leaving early interrupts the turn. A failure is an event, not a throw. */
  readonly events: AsyncIterable<CompletionEvent>;
  /** Milliseconds spent waiting for the model up to its first sign; undefined before that sign. */
  modelWaitMs(): number | undefined;
}

export interface CompletionServiceStatus {
  /** A turn can be served: some process could be started and nothing is draining. */
  readonly ready: boolean;
  /** Processes by what they are doing. */
  readonly processes: {
    readonly busy: number;
    readonly holding: number;
    readonly clean: number;
    readonly spare: number;
    readonly starting: number;
    readonly limit: number;
  };
  readonly queue: { readonly length: number; readonly limit: number };
  /** Version of the agent program; undefined until one has started. */
  readonly agentVersion: string | undefined;
  /** Full ids of the models that can be asked for; empty until the agent program has started. */
  readonly models: readonly string[];
}
