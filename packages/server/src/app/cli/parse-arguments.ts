import { parseArgs } from "node:util";
import type { Flags } from "../config.ts";
import { suggestion } from "../nearest-word.ts";
import { type CommandName, commands, type Flag } from "./commands.ts";
import { actionFlags, type ControlCommandName, controlCommands, findAction } from "./control/control-commands.ts";

export type Invocation =
  | {
      readonly kind: "run";
      readonly command: CommandName;
      /** Of a command that has one. */
      readonly operand?: string;
      readonly flags: Flags;
    }
  | {
      readonly kind: "control";
      readonly command: ControlCommandName;
      readonly action: string;
      readonly operands: readonly string[];
      readonly flags: Flags;
    }
  | {
      readonly kind: "help";
      readonly command: CommandName | ControlCommandName | undefined;
      /** Of a command that has several. */
      readonly action?: string;
    }
  | { readonly kind: "version" }
  /** `message` is one line that names what is wrong. */
  | { readonly kind: "mistake"; readonly message: string };

/** Reads the command line (without the program's own name). Decides nothing and touches nothing. */
export function parseArguments(argv: readonly string[]): Invocation {
  const [first, ...rest] = argv;
  if (first === undefined || first === "help" || first === "--help" || first === "-h") return toHelp(rest);
  if (first === "version" || first === "--version" || first === "-v") return { kind: "version" };
  if (first.startsWith("-")) {
    return mistake(`name a command before ${first.split("=")[0]}: gantry serve ${argv.join(" ")}`.slice(0, 200));
  }
  // The one step between a run and its directory has a name of its own.
  if (first === "apply") return parseAction("runs", argv);
  if (isCommand(first)) return parseCommand(first, rest);
  if (isControlCommand(first)) return parseAction(first, rest);
  const known = [...Object.keys(commands), ...Object.keys(controlCommands), "apply"];
  return mistake(`unknown command "${first}"${suggestion(first, known)}`);
}

function toHelp([command, action]: readonly string[]): Invocation {
  if (command !== undefined && isCommand(command)) return { kind: "help", command };
  if (command === undefined || !isControlCommand(command)) return { kind: "help", command: undefined };
  const known = action !== undefined && findAction(command, action) !== undefined;
  return { kind: "help", command, ...(known && { action }) };
}

function parseCommand(command: CommandName, argv: readonly string[]): Invocation {
  const known = commands[command];
  const parsed = parseFlags(command, known.flags, argv);
  if ("kind" in parsed) return parsed;
  const { flags, operands } = parsed;
  if (flags["help"] === true) return { kind: "help", command };
  const [operand] = operands;
  const problem = checkOperands(command, known.operand === undefined ? [] : [known.operand], operands);
  const { operandChoices } = known;
  if (problem === undefined && operand !== undefined && operandChoices?.includes(operand) === false) {
    return mistake(`${command}: "${operand}" is not one of ${operandChoices.join(", ")}`);
  }
  return problem ?? { kind: "run", command, ...(operand !== undefined && { operand }), flags };
}

function parseAction(command: ControlCommandName, [name, ...argv]: readonly string[]): Invocation {
  if (name === undefined || name === "--help" || name === "-h") return { kind: "help", command };
  const { actions } = controlCommands[command];
  const action = findAction(command, name);
  if (action === undefined) {
    const known = Object.keys(actions);
    return mistake(`${command}: unknown "${name}"${suggestion(name, known)}; known are ${known.join(", ")}`);
  }
  const title = `${command} ${name}`;
  const parsed = parseFlags(title, actionFlags(action), argv);
  if ("kind" in parsed) return parsed;
  const { flags, operands } = parsed;
  if (flags["help"] === true) return { kind: "help", command, action: name };
  const problem = checkOperands(title, action.operands ?? [], operands);
  if (problem !== undefined) return problem;
  const needed = action.flags.find((flag) => flag.required === true && flags[flag.name] === undefined);
  if (needed !== undefined) return mistake(`${title}: --${needed.name} ${needed.value} is missing`);
  return { kind: "control", command, action: name, operands, flags };
}

function checkOperands(title: string, expected: readonly string[], given: readonly string[]): Invocation | undefined {
  const missing = expected[given.length];
  if (missing !== undefined && !missing.startsWith("[")) return mistake(`${title}: ${missing} is missing`);
  const extra = given[expected.length];
  return extra === undefined ? undefined : mistake(`${title}: "${extra}" is not expected here`);
}

type ParsedFlags = { readonly flags: Flags; readonly operands: readonly string[] };

/** `title` stands before what is wrong. */
function parseFlags(title: string, known: readonly Flag[], argv: readonly string[]): ParsedFlags | Invocation {
  const options = Object.fromEntries(
    known.map((flag) => [flag.name, { type: flag.value === undefined ? "boolean" : "string" } as const]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: argv.map((word) => (word === "-h" ? "--help" : word)),
      options,
      strict: true,
      allowPositionals: true,
    });
    return { flags: { ...values } as Flags, operands: positionals }; // No option takes several values.
  } catch (error) {
    return mistake(`${title}: ${describeProblem(error, Object.keys(options))}`);
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
const isControlCommand = (word: string): word is ControlCommandName => Object.hasOwn(controlCommands, word);
const isCommand = (word: string): word is CommandName => Object.hasOwn(commands, word);
