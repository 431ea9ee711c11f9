import type { Flags } from "../../config.ts";
import type { Flag } from "../commands.ts";
import type { ApiClient } from "./api-client.ts";

/** What a command of the control plane can do: `gantry <command> <action> <operands> [flags]`. */
export interface Action {
  readonly summary: string;
  /** What stands behind the action's name, such as `ID`; all are needed. */
  readonly operands?: readonly string[];
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
  /** Gives the exit code. */
  run(call: ActionCall): Promise<number>;
}

export interface ControlCommand {
  readonly summary: string;
  readonly actions: Readonly<Record<string, Action>>;
}

export interface ActionCall {
  readonly operands: readonly string[];
  readonly flags: Flags;
  readonly api: ApiClient;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly output: ActionOutput;
}

export interface ActionOutput {
  /** Prints a value as JSON where that was asked for, else the text for people. Gives the exit code 0. */
  show(value: unknown, toText: () => string): number;
  /** Writes text as it comes, no faster than it is read, to a file or to standard output. Gives the exit code 0. */
  copy(chunks: AsyncIterable<string>, file: string | undefined): Promise<number>;
  note(line: string): void;
  fail(line: string): void;
}

/** The first operand; the command line was checked to have it. */
export function operandOf({ operands }: ActionCall): string {
  return operands[0] ?? "";
}
