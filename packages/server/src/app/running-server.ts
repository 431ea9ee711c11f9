import type { WallsReport } from "../core/ports/walls-report.ts";
import type { Store } from "../core/ports/store.ts";
import type { Config } from "./config.ts";
import type { RestoreRequest } from "./create-store-restorer.ts";
import type { Credential } from "./credential.ts";

/** What a start found out, for the banner. */
export interface ServerFacts {
  /** As bound: a port 0 of the configuration is the real one here. */
  readonly address: { readonly host: string; readonly port: number };
  readonly credential: Credential;
  readonly adminKeyFile: string;
  readonly sandbox: SandboxReport;
  readonly store: Store["kind"];
  /** Undefined where it is not known yet. */
  readonly claudeVersion: string | undefined;
  /** Lines for the person at the terminal, besides those of the configuration. */
  readonly warnings: readonly string[];
}

/** Which walls stand around the CLI. `problem` and `advice` say why there are none and how to get them. */
export interface SandboxReport extends WallsReport {
  readonly problem?: string;
  readonly advice?: string;
}

export interface RunningServer {
  readonly facts: ServerFacts;
  /** Resolves where a part broke in a way that only a new start mends. */
  readonly failed: Promise<Error>;
  /** Resolves where an administrator wants the server to stop, and to go on with another store. */
  readonly restoreAsked: Promise<RestoreRequest>;
  /**
   * Takes no new work, lets running answers finish within the deadline, ends every child. Waits for nothing any more once
   * `hurry` resolves. May be called twice.
   */
  stop(hurry?: Promise<void>): Promise<void>;
}

/**
 * Resolves once requests are accepted. Rejects with a `StartError`, or with the system error of `listen`. `restored` is told where the
 * store has just been put back, and goes into its audit.
 */
export type StartServer = (config: Config, restored?: RestoreRequest) => Promise<RunningServer>;
