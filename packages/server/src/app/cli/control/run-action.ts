import { createWriteStream } from "node:fs";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readClientConfig } from "../../client-config.ts";
import type { ConfigSources } from "../../config.ts";
import { describeSystemError, StartError, systemErrorCode } from "../../start-error.ts";
import { toPrintable } from "../printable.ts";
import type { Terminal } from "../terminal.ts";
import type { Action, ActionOutput } from "./action.ts";
import { ApiError, createApiClient } from "./api-client.ts";
import { FlagError } from "./flag-error.ts";

export interface RunDependencies {
  readonly sources: ConfigSources;
  readonly terminal: Terminal;
  readonly stdout: Writable;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Runs an action and gives the exit code: 0, 1 where it was refused or failed, 2 where a flag cannot be used. */
export async function runAction(
  action: Action,
  operands: readonly string[],
  { sources, terminal, stdout, now }: RunDependencies,
): Promise<number> {
  const { flags } = sources;
  try {
    const api = createApiClient(await readClientConfig(sources));
    const output = createOutput(flags["json"] === true, terminal, stdout);
    return await action.run({ operands, flags, api, now, output });
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof FlagError)) throw error;
    terminal.fail(toPrintable(error.message));
    return error instanceof FlagError ? 2 : 1;
  }
}

function createOutput(json: boolean, terminal: Terminal, stdout: Writable): ActionOutput {
  return {
    show(value, toText) {
      terminal.print(json ? JSON.stringify(value, null, 2) : toText());
      return 0;
    },
    async copy(chunks, file) {
      await (file === undefined ? copyTo(stdout, chunks) : copyToFile(file, chunks));
      return 0;
    },
    note: (line) => terminal.warn(line),
    fail: (line) => terminal.fail(toPrintable(line)),
  };
}

async function copyTo(stdout: Writable, chunks: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), stdout, { end: false });
  } catch (error) {
    // A reader that has seen enough, such as `| head`.
    if (systemErrorCode(error) !== "EPIPE") throw error;
  }
}

async function copyToFile(file: string, chunks: AsyncIterable<string>): Promise<void> {
  try {
    // What was exported before is not lost to a slip, and what is exported may be private.
    await pipeline(Readable.from(chunks), createWriteStream(file, { flags: "wx", mode: 0o600 }));
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new StartError(`${file} cannot be written: ${describeSystemError(cause)}`, { cause });
  }
}
