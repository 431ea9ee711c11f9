import { writeFile } from "node:fs/promises";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** A mistake in the command line, told in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The terminal asked to stop. */
class StoppedError extends Error {
  override readonly name = "StoppedError";
}

/** Reads flags strictly. Throws a {@link UsageError} for anything that is not known. */
export function readFlags<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Reads a whole number from 1 on; the fallback where the flag was not given. */
export function readCount(name: string, given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new UsageError(`--${name}: expected a whole number from 1, got "${given}"`);
  return Number(given);
}

/** One line of progress. Standard output is for the report alone. */
export function showProgress(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

/** A signal that aborts when the terminal asks to stop, so that everything started is taken down in order. */
export function createStopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => stopping.abort(new StoppedError(`stopped by ${name}`)));
  }
  return stopping.signal;
}

/** Prints a report and writes it to the files that were asked for. */
export async function publish(
  report: string,
  figures: object,
  files: { readonly report?: string | undefined; readonly json?: string | undefined },
): Promise<void> {
  if (files.report !== undefined) await writeFile(files.report, report);
  if (files.json !== undefined) await writeFile(files.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  console.log(report);
}

/** Runs a command to its exit code: 2 for a mistake in the command line, 130 when it was stopped, 1 for any other failure. */
export async function toExitCode(run: () => Promise<number>): Promise<number> {
  try {
    if (process.platform !== "linux") throw new UsageError("the figures are read from /proc, which only Linux has");
    return await run();
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}. --help lists what there is.`);
      return 2;
    }
    if (error instanceof StoppedError) {
      console.error(error.message);
      return 130;
    }
    console.error(error);
    return 1;
  }
}
