import type { Flags } from "../../config.ts";
import { FlagError } from "../control/flag-error.ts";
import { dollarsFlag, durationFlag, textFlag } from "../control/flag-values.ts";

/** US dollars of `--budget`. */
export function dollarsOf(flags: Flags): number | undefined {
  const micros = dollarsFlag(flags, "budget");
  if (micros === 0) throw new FlagError("budget", "more than nothing", textFlag(flags, "budget") ?? "");
  return micros === undefined ? undefined : micros / 1e6;
}

/** Whole seconds of `--timeout`. */
export function countSeconds(flags: Flags): number | undefined {
  const ms = durationFlag(flags, "timeout");
  if (ms === 0) throw new FlagError("timeout", "more than no time", textFlag(flags, "timeout") ?? "");
  return ms === undefined ? undefined : ms / 1000;
}
