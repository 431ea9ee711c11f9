import { parseArgs } from "node:util";
import type { Flags } from "../config.ts";
import { suggestion } from "../nearest-word.ts";
import { type Command, type CommandName, commands } from "./commands.ts";

export type Invocation =
  | { readonly kind: "run"; readonly command: CommandName; readonly flags: Flags }
  | { readonly kind: "help"; readonly command: CommandName | undefined }
  | { readonly kind: "version" }
  /** `message` is one line that names what is wrong. */
  | { readonly kind: "mistake"; readonly message: string };

/** Reads the command line (without the program's own name). Decides nothing and touches nothing. */
export function parseArguments(argv: readonly string[]): Invocation {
  const [first, ...rest] = argv;
  if (first === undefined || first === "help" || first === "--help" || first === "-h") return toHelp(rest[0]);
  if (first === "version" || first === "--version" || first === "-v") return { kind: "version" };
  if (first.startsWith("-")) {
    return mistake(`name a command before ${first.split("=")[0]}: gantry serve ${argv.join(" ")}`.slice(0, 200));
  }
  if (!isCommand(first)) return mistake(`unknown command "${first}"${suggestion(first, Object.keys(commands))}`);
  return parseFlags(commands[first], rest);
}

function toHelp(command: string | undefined): Invocation {
  return { kind: "help", command: command !== undefined && isCommand(command) ? command : undefined };
}

function parseFlags(command: Command, argv: readonly string[]): Invocation {
  const options = Object.fromEntries(
    command.flags.map((flag) => [flag.name, { type: flag.value === undefined ? "boolean" : "string" } as const]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: argv.map((word) => (word === "-h" ? "--help" : word)),
      options,
      strict: true,
      allowPositionals: true,
    });
    if (values["help"] === true) return { kind: "help", command: command.name };
    if (positionals.length > 0) return mistake(`${command.name}: "${positionals[0]}" is not expected here`);
    return { kind: "run", command: command.name, flags: { ...values } as Flags }; // No option takes several values.
  } catch (error) {
    return mistake(`${command.name}: ${describeProblem(error, Object.keys(options))}`);
  }
}

/** Node's messages name the flag in their first sentence; the rest of them is advice for programmers. */
function describeProblem(error: unknown, known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = /^Unknown option '(-+([^']*))'/.exec(message);
  if (unknown === null) return message.split(/\.\s/)[0] ?? message;
  const near = suggestion(unknown[2] ?? "", known).replace('"', '"--');
  return `unknown flag ${unknown[1]}${near}`;
}

const mistake = (message: string): Invocation => ({ kind: "mistake", message });
const isCommand = (word: string): word is CommandName => Object.hasOwn(commands, word);
