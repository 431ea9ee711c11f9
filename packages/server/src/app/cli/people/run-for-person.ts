import { createGantry, type Gantry, GantryError } from "@gantry/sdk";
import { readClientConfig } from "../../client-config.ts";
import type { ConfigSources, Flags } from "../../config.ts";
import { FlagError } from "../control/flag-error.ts";
import { toPrintable } from "../printable.ts";
import { exitCodes } from "./exit-codes.ts";
import { CommandMistake, explainFailure } from "./failure.ts";
import { createPerson, type Person, type Streams } from "./person.ts";

export interface PersonCall {
  /** Undefined where there is none. */
  readonly operand: string | undefined;
  readonly flags: Flags;
  /** Of the server. */
  readonly url: string;
  readonly gantry: Gantry;
  readonly person: Person;
  /** Standard input to its end; undefined where that is a terminal. */
  readInput(): Promise<string | undefined>;
}

export type PersonCommand = (call: PersonCall) => Promise<number>;

export interface ForPerson extends Omit<Streams, "env" | "signals"> {
  readonly operand: string | undefined;
  readonly sources: ConfigSources;
  readonly signals: Streams["signals"];
}

/** Runs a command that speaks with a person, as a client of the server. Gives the exit code. */
export async function runForPerson(command: PersonCommand, call: ForPerson): Promise<number> {
  const { operand, sources, stdin, stderr } = call;
  const { url, key } = await readClientConfig(sources);
  const gantry = createGantry({ baseUrl: url, apiKey: key.reveal() });
  const person = createPerson({ ...call, env: sources.env });
  const fail = (line: string): void => person.say(`gantry: ${line}`);
  try {
    return await command({
      operand,
      url,
      flags: sources.flags,
      gantry,
      person,
      readInput: async () => (stdin.isTTY ? undefined : await readAll(stdin)),
    });
  } catch (error) {
    if (error instanceof FlagError || error instanceof CommandMistake) {
      fail(toPrintable(error.message));
      return exitCodes.mistake.code;
    }
    if (!(error instanceof GantryError)) throw error;
    const { line, code } = explainFailure(error, url);
    fail(line);
    return code;
  } finally {
    person.close();
    await new Promise<void>((resolve) => stderr.write("", () => call.stdout.write("", () => resolve())));
  }
}

async function readAll(stdin: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}
