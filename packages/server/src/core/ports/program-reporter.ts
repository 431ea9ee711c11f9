/** An agent program that tells what it brings of its own. */
export interface ProgramReporter {
  /** Asks the program itself, in a home with nothing in it. Rejects with a `FailureError` where it cannot be started. */
  report(): Promise<ProgramReport>;
}

export interface ProgramReport {
  readonly program: string;
  readonly version: string | null;
  readonly tools: readonly string[];
  readonly agents: readonly { readonly name: string; readonly description: string }[];
  readonly skills: readonly string[];
  readonly commands: readonly {
    readonly name: string;
    readonly description: string;
    readonly argumentHint: string;
  }[];
  readonly plugins: readonly string[];
}
