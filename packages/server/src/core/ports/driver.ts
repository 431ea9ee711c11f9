import type { CallEffort, ThinkingWish } from "@gantry/contracts/answer-settings";
import type { CompletionEvent, Message, Sampling, ToolOffer } from "@gantry/contracts/completion";
import type { DoorCaller } from "./model-door.ts";

/**
 * One kind of agent program (Claude Code; later Codex, Gemini CLI). A driver translates: contract in, contract events out.
 * The host owns the processes' lifetime; which process serves what is the pool's business.
 */
export interface Driver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  /** Starts a process that belongs to nobody yet. Rejects with a `FailureError`. */
  open(): Promise<Agent>;
  /**
   * Starts a process that already holds a conversation, from a written transcript.
   * Only where `capabilities.seeding` says so. Rejects with a `FailureError`.
   */
  openSeeded(identity: AgentIdentity, model: string, history: readonly Message[]): Promise<Agent>;
}

export interface DriverCapabilities {
  /** A process can be emptied and used for another conversation of the same owner. */
  readonly clearing: boolean;
  /** A process can start from a written transcript. */
  readonly seeding: boolean;
  /** Number of messages from which a transcript is quicker than replaying them. */
  readonly seedFromMessages: number;
  /** The name of the tool by which a process that is bound to an `outputSchema` gives its answers; undefined where none can be. */
  readonly formTool: string | undefined;
  /** A turn's `traceparent` goes with its model calls. */
  readonly tracing: boolean;
  /**
   * Whether a process that waits for the results of its calls can be given these as they are. Others join the history of
   * a process that is told all of it.
   */
  takesResults(prompt: Message): boolean;
}

/** What a process is bound to for life. */
export interface AgentIdentity {
  /** Who owns the process: no process ever serves two owners. */
  readonly owner: string;
  /** A process serves one system prompt for life. Empty for none. */
  readonly system: string;
  /** JSON text of the schema of an object: every answer is such an object, given as its JSON text. Undefined for answers in words. */
  readonly outputSchema?: string;
}

/** What comes out of an agent: besides a completion's events, that it took its own object for one that does not fit and goes on. */
export type AgentEvent = CompletionEvent | { readonly type: "output.rejected"; readonly misfits: string };

/** A model as the agent program itself reports it. */
export interface AgentModel {
  /** Full id, such as `claude-sonnet-5-5`. */
  readonly id: string;
  /** Names it answers to besides its id, such as `sonnet`. */
  readonly aliases: readonly string[];
  readonly displayName: string;
}

/** One turn: settings are the whole set and hold for this turn alone. */
export interface Turn {
  /** Full id of a model. */
  readonly model: string;
  readonly sampling: Sampling;
  /** The client's tools; undefined where there are none. */
  readonly tools?: ToolOffer;
  readonly effort?: CallEffort;
  readonly thinking?: ThinkingWish;
  /** The results of all its calls, and nothing else, where the process waits for them. */
  readonly prompt: Message;
  /** The W3C header for the model calls of this turn; only where `capabilities.tracing` says so. */
  readonly traceparent?: string;
  /** Who pays for the model calls of this turn; where the driver's processes reach their models through the server. */
  readonly caller?: DoorCaller;
}

/** Deadlines of one turn in milliseconds. */
export interface TurnDeadlines {
  /** From sending the prompt to the first sign of the model. */
  readonly firstByteMs: number;
  /** Between two signs of life. */
  readonly silenceMs: number;
  readonly totalMs: number;
}

/** A running agent process. Calls come one after the other; only `interrupt` and `close` may come in between. */
export interface Agent {
  readonly id: string;
  /** Version of the agent program, known once initialised. */
  readonly version: string | undefined;
  /** Models the program reports, known once initialised. */
  readonly models: readonly AgentModel[];
  /** Binds the process to its identity. Once. */
  initialise(identity: AgentIdentity): Promise<void>;
  /**
   * Puts earlier turns into the empty conversation, exactly. They begin with the user's and end with the assistant's, whose
   * calls of tools the prompt then has the results of.
   */
  replay(model: string, history: readonly Message[]): Promise<void>;
  /**
   * Answers one prompt. The iteration ends after `answer.finished` or `answer.failed`; leaving it early interrupts the turn.
   * After `tool_calls` the process waits for the results, or is `dirty` where it cannot.
   * `signal` interrupts as well; the events then end with no final event.
   */
  prompt(turn: Turn, deadlines: TurnDeadlines, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** What can be done with the process after its last turn. */
  readonly condition: AgentCondition;
  /** It is `holding` in the middle of a turn: the results of its calls of tools have to come. */
  readonly isWaiting: boolean;
  /** Milliseconds the last turn waited for the model's first sign, seen from the program's own call; undefined where it does not tell. */
  readonly modelWaitMs: number | undefined;
  /** Empties the conversation so that nothing of it reaches the next. */
  clear(): Promise<void>;
  /** Turns answered so far. */
  readonly turns: number;
  memoryBytes(): number;
  /** Resolves when the process is gone, whatever the reason. */
  readonly closed: Promise<void>;
  /** Ends the process. May be called twice. */
  close(): Promise<void>;
}

/**
 * `holding`: it holds exactly the conversation it was given plus its answer, and can go on with it.
 * `dirty`: it must be cleared before further use. `broken`: it must be closed. `empty`: nothing said yet, or cleared.
 */
export type AgentCondition = "empty" | "holding" | "dirty" | "broken";
