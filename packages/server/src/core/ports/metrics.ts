import type { ErrorCode } from "@gantry/contracts/errors";
import type { UsageRow } from "@gantry/contracts/usage";
import type { CompletionServiceStatus } from "../completions/completion-service.ts";

/** What is counted and timed while the server works. Every note is cheap, waits for nothing and never throws. */
export interface Metrics {
  /** A model request has been settled, however it ended. */
  requestSettled(request: SettledRequest): void;
  /** A request was answered with this error. */
  refused(code: ErrorCode): void;
  /** The connection is done with an answer. `route` is the template of the address, never the address itself. */
  httpAnswered(route: string, status: AnswerStatus, ms: number): void;
  /** So many processes that a dead server left behind were ended. */
  orphansSwept(processes: number): void;
  /** A call of the store has come back, with success or without. `operation` is its name in the port. */
  storeAnswered(operation: string, ms: number): void;
}

/** What the metrics know of a request: neither its key nor its project, of which there may be any number. */
export type SettledRequest = Pick<
  UsageRow,
  "model" | "driver" | "outcome" | "tokens" | "costMicros" | "latencyMs" | "firstTokenMs"
>;

/** Class of an HTTP status; `cut` where the client left, or was cut off, before the answer was whole. */
export type AnswerStatus = "1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "cut";

/** What is read at the moment somebody asks for the figures; must not wait. */
export interface GaugeSources {
  status(): Pick<CompletionServiceStatus, "processes" | "queue">;
  circuit(): "closed" | "open" | "half_open";
  /** How late the event loop was, beyond what a timer asks for, in milliseconds. */
  eventLoopDelay(): EventLoopDelay;
}

export interface EventLoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The figures as text, for whoever comes to fetch them. */
export interface MetricsText {
  readonly contentType: string;
  read(): Promise<string>;
}
