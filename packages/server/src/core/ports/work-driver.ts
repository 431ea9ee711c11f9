import type { Failure } from "@gantry/contracts/errors";
import type { TokenUsage } from "@gantry/contracts/completion";
import type { DoorCaller } from "./model-door.ts";
import type { WallsReport } from "./walls-report.ts";
import type { WallsSpec } from "./walls-spec.ts";
import type { CustomTool, McpServer } from "./work-tools.ts";

/**
 * An agent program that works: with tools, in a workspace, behind walls, over many turns. (Chat without tools is `driver.ts`.)
 * The driver translates; what a tool may do is decided by who opened the worker, before the tool runs.
 */
export interface WorkDriver {
  readonly name: string;
  readonly capabilities: WorkCapabilities;
  /**
   * Starts a process; with `resume` or `seed`, it holds that conversation. Rejects with a `FailureError`, of code
   * `conversation_lost` where the transcript of `resume` cannot be used: begin from a `seed` then.
   */
  open(spec: WorkSpec): Promise<Worker>;
}

export interface WorkCapabilities {
  /** A tool call can be put off beyond the life of the process (`ToolVerdict` `defer`): where the model plane stands in between. */
  readonly deferring: boolean;
  /** It can be opened with `resume` or `seed`. */
  readonly resuming: boolean;
  /** Names of the tools that the program itself brings. */
  readonly builtInTools: readonly string[];
}

export interface WorkSpec {
  readonly walls: WallsSpec;
  /** Full id or alias of a model, for the life of the worker. */
  readonly model: string;
  readonly effort?: "low" | "medium" | "high" | "xhigh" | "max";
  /** Takes the place of the program's own system prompt; `undefined` leaves that. */
  readonly system?: string;
  /** Behind the system prompt, whichever that is. */
  readonly moreSystem?: string;
  /** The built-in tools that exist at all, by the program's own names. */
  readonly tools: readonly string[];
  /** Run by the client: offered to the model, answered through `WorkHandlers.callTool`. */
  readonly customTools: readonly CustomTool[];
  readonly mcpServers: readonly McpServer[];
  /**
   * What a turn is to give besides its text: `turn.finished` has it as `structuredOutput`, and not where the agent gave none that fits. A JSON Schema
   * of type object, of the keywords of draft-07 alone and without formats.
   */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** Loads the workspace's own settings, hooks and servers of the agent program. Only for a workspace that is trusted. */
  readonly trustWorkspaceSettings: boolean;
  /** Definitions of subagents and skills as files for the program's own configuration. */
  readonly agents?: readonly { readonly name: string; readonly markdown: string }[];
  readonly skills?: readonly {
    readonly name: string;
    readonly files: readonly { readonly path: string; readonly content: string }[];
  }[];
  /** A page that the program reads before every conversation, besides its system prompt. */
  readonly instructions?: string;
  /** The conversation to go on with, as `Worker.transcript` gave it. */
  readonly resume?: WorkTranscript;
  /** The same from a record of our own, where there is no transcript. Begins with the user's; `resume` goes before it. */
  readonly seed?: readonly SeedMessage[];
  readonly handlers: WorkHandlers;
  /** Who pays for its model calls; also where the model plane stands in between. */
  readonly caller?: DoorCaller;
}

/**
 * A message of an earlier conversation. Calls of the last message that have no result are open: `Worker.resume` has them asked about again,
 * `Worker.prompt` answers them as not run.
 */
export interface SeedMessage {
  readonly role: "user" | "assistant";
  readonly content: readonly SeedBlock[];
}

/** A result stands in the user's message behind the one that calls. */
export type SeedBlock =
  | WorkBlock
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: "tool_result";
      readonly toolUseId: string;
      readonly content: readonly WorkBlock[];
      readonly isError: boolean;
    };

/** The program's own record of a conversation, opaque to everybody but the driver that wrote it. */
export interface WorkTranscript {
  readonly sessionId: string;
  readonly content: string;
}

/**
 * Asked by the driver while a turn runs. A handler that rejects counts as a refusal. After the end of the turn (an interrupt, a crash)
 * what is still asked is void, and whatever it answers is dropped.
 */
export interface WorkHandlers {
  /**
   * Before every tool call, the program's own read-only ones included, but the agent's questions. May take as long as it likes. Where calls can be
   * put off, all calls of one message are asked about at the same time, before the first of them runs, and none runs until all are decided. A call that the program refuses by itself
   * has a `tool.result` and may not be asked about.
   */
  beforeTool(call: ToolCall): Promise<ToolVerdict>;
  /** A custom tool is to run. May take as long as it likes. */
  callTool(call: ToolCall): Promise<ToolAnswer>;
  /** The agent itself asks something (its question tool), in the place of `beforeTool`. `allow` answers with `input`: the call's input with `answers`, by the text of each question. */
  askUser(question: UserQuestion): Promise<ToolVerdict>;
}

export interface ToolCall {
  /** The model's id of the call, the same before and after a resume. */
  readonly id: string;
  /** By the program's own name (`Bash`), a custom tool by the client's. */
  readonly tool: string;
  readonly kind: "built_in" | "mcp" | "custom";
  readonly mcpServer?: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Of the subagent that calls, where it is one. */
  readonly parentToolUseId?: string;
  /** Whether `defer` may be the verdict; never for the calls of subagents. Elsewhere it counts as a refusal. */
  readonly deferrable: boolean;
}

export interface UserQuestion extends ToolCall {
  readonly questions: readonly {
    readonly question: string;
    readonly header?: string;
    readonly options: readonly { readonly label: string; readonly description?: string }[];
    readonly multiSelect: boolean;
  }[];
}

/**
 * `defer`: none of the calls of its message runs, also where others were allowed or refused; the turn ends with `turn.deferred`, and all of
 * them are asked about again, under the same ids, by `Worker.resume` of a worker that is opened with the transcript or with a seed.
 * Only where `ToolCall.deferrable` says so.
 */
export type ToolVerdict =
  | { readonly behavior: "allow"; readonly input?: Readonly<Record<string, unknown>> }
  | { readonly behavior: "deny"; readonly message: string }
  | { readonly behavior: "defer" };

export interface ToolAnswer {
  readonly content: readonly WorkBlock[];
  readonly isError: boolean;
}

export type WorkBlock =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image";
      readonly source:
        | { readonly type: "base64"; readonly mediaType: string; readonly data: string }
        | { readonly type: "url"; readonly url: string };
    }
  | {
      readonly type: "document";
      readonly source:
        | { readonly type: "base64"; readonly mediaType: string; readonly data: string }
        | { readonly type: "url"; readonly url: string }
        | { readonly type: "text"; readonly mediaType: "text/plain"; readonly data: string };
      readonly title?: string;
      readonly context?: string;
    };

/**
 * Everything of one turn, in order; ends with exactly one of `turn.finished`, `turn.deferred`, `turn.failed`. After a resume nothing is told again
 * of the message whose calls were put off. A `messageId` names one block of a message. `model.requested` and `model.answered` are the main conversation's;
 * `usage` and `costMicros` of the last event are the whole turn's, subagents included. The calls of subagents are paid at the door like all others.
 */
export type WorkEvent =
  | { readonly type: "model.requested"; readonly requestId: string }
  | {
      readonly type: "model.answered";
      readonly requestId: string;
      readonly model: string;
      readonly usage: TokenUsage;
      readonly isError: boolean;
    }
  | { readonly type: "text.delta"; readonly messageId: string; readonly text: string }
  | { readonly type: "thinking.started"; readonly messageId: string }
  /** Whole text of one message, after its deltas. */
  | { readonly type: "text"; readonly messageId: string; readonly text: string; readonly parentToolUseId?: string }
  | { readonly type: "thinking"; readonly messageId: string; readonly parentToolUseId?: string }
  | { readonly type: "tool.used"; readonly call: ToolCall }
  | {
      readonly type: "tool.result";
      readonly toolUseId: string;
      readonly content: readonly WorkBlock[];
      readonly isError: boolean;
      readonly parentToolUseId?: string;
    }
  | { readonly type: "context.compacted" }
  | { readonly type: "upstream.retried"; readonly attempt: number; readonly status?: number; readonly delayMs: number }
  | {
      readonly type: "turn.finished";
      readonly usage: TokenUsage;
      readonly costMicros?: number;
      readonly interrupted: boolean;
      readonly structuredOutput?: unknown;
    }
  | {
      readonly type: "turn.deferred";
      readonly toolUseIds: readonly string[];
      readonly usage: TokenUsage;
      readonly costMicros?: number;
    }
  | { readonly type: "turn.failed"; readonly error: Failure; readonly usage: TokenUsage; readonly costMicros?: number };

/** One running agent process. One turn at a time; `interrupt` and `close` may come in between. */
export interface Worker {
  readonly id: string;
  readonly version: string | undefined;
  /** What stands around it, for the record of its run. */
  readonly walls: WallsReport;
  /** Text is text: nothing of it is run as a command or read as a file name. */
  prompt(content: readonly WorkBlock[], signal: AbortSignal): AsyncIterable<WorkEvent>;
  /**
   * Goes on with a turn that ended with `turn.deferred`: the handlers are asked about the same calls again. No new message. For a worker that
   * was opened with such a conversation, in the place of its first prompt; the worker whose turn was deferred takes no more turns.
   */
  resume(signal: AbortSignal): AsyncIterable<WorkEvent>;
  /**
   * Adds a message to the running turn, to be read by the model at its next call; the turn goes on where it would have ended. Resolves when the
   * program has taken it, or with false where the turn ended without.
   */
  steer(content: readonly WorkBlock[]): Promise<boolean>;
  /** The running turn ends within some hundred milliseconds with `turn.finished` and `interrupted`. */
  interrupt(): Promise<void>;
  /** The conversation as it stands, to be taken between turns, also after the process has died, but before `close`. Rejects with `conversation_lost`. */
  transcript(): Promise<WorkTranscript>;
  memoryBytes(): number;
  readonly closed: Promise<void>;
  /** Ends the process and everything it started, and removes its transcript. May be called twice. */
  close(): Promise<void>;
}
