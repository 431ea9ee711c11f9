import { describeFallback } from "../config-field.ts";
import { configFields, fieldNames } from "../config-fields.ts";
import { type CommandName, commands, type Flag, type PersonCommandName, personCommandNames } from "./commands.ts";
import type { Action } from "./control/action.ts";
import { exitCodes } from "./people/exit-codes.ts";
import { actionFlags, type ControlCommandName, controlCommands, findAction } from "./control/control-commands.ts";

const width = 100;

/** The help text of a command, of one of its actions, or the overview. */
export function helpText(name: CommandName | ControlCommandName | undefined, action?: string): string {
  if (name === undefined) return overview();
  if (name in commands) return commandHelp(name as CommandName);
  const command = name as ControlCommandName; // There are no others.
  const found = action === undefined ? undefined : findAction(command, action);
  return action === undefined || found === undefined ? controlHelp(command) : actionHelp(command, action, found);
}

function overview(): string {
  const list = [...Object.entries(commands), ...Object.entries(controlCommands)].map(([name, { summary }]) =>
    row(`gantry ${name}`, summary, 22),
  );
  return [
    "Gantry puts the real Claude Code behind an OpenAI-compatible endpoint.",
    "",
    "Usage:",
    ...list,
    row("gantry apply", "Land what a run changed in the directory it began with.", 22),
    row("gantry --version", "Print the version.", 22),
    "",
    "`gantry COMMAND --help` lists the flags of a command.",
    "",
  ].join("\n");
}

function commandHelp(name: CommandName): string {
  const { summary, operand, flags, examples } = commands[name];
  const lines = [
    summary,
    "",
    `Usage: gantry ${name}${operand === undefined ? "" : ` ${operand}`} [flags]`,
    "",
    ...flagsHelp(flags),
    "",
    ...examplesHelp(examples),
    "",
  ];
  if (isForPeople(name)) return [...lines, ...exitCodesHelp()].join("\n");
  return (name === "serve" || name === "doctor" ? [...lines, ...environmentHelp()] : lines).join("\n");
}

function controlHelp(name: ControlCommandName): string {
  const { summary, actions } = controlCommands[name];
  const entries = Object.entries(actions) as [string, Action][];
  return [
    summary,
    "",
    "Usage:",
    ...entries.map(([action, { operands, summary: meaning }]) => row(usage(name, action, operands), meaning, 34)),
    "",
    ...examplesHelp(entries.flatMap(([, { examples }]) => examples.slice(0, 1))),
    "",
    `\`gantry ${name} ACTION --help\` lists the flags of each.`,
    "",
  ].join("\n");
}

function actionHelp(name: ControlCommandName, action: string, found: Action): string {
  return [
    found.summary,
    "",
    `Usage: ${usage(name, action, found.operands)} [flags]`,
    "",
    ...flagsHelp(actionFlags(found)),
    "",
    ...examplesHelp(found.examples),
    "",
  ].join("\n");
}

const usage = (name: ControlCommandName, action: string, operands: readonly string[] = []): string =>
  ["gantry", name, action, ...operands].join(" ");

function flagsHelp(flags: readonly Flag[]): string[] {
  const lines = flags.map(({ name, value, meaning, required }) =>
    row(`--${name}${value === undefined ? "" : ` ${value}`}`, required === true ? `${meaning} Needed.` : meaning, 26),
  );
  return ["Flags:", ...lines];
}

function examplesHelp(examples: readonly string[]): string[] {
  return ["Examples:", ...examples.map((example) => `  ${example}`)];
}

const isForPeople = (name: CommandName): name is PersonCommandName =>
  (personCommandNames as readonly string[]).includes(name);

function exitCodesHelp(): string[] {
  return ["Exit codes:", ...Object.values(exitCodes).map(({ code, meaning }) => row(String(code), meaning, 5)), ""];
}

function environmentHelp(): string[] {
  return [
    "Environment (a flag wins; each is also a field of the config file, by the name in brackets):",
    ...fieldNames.map((name) => {
      const field = configFields[name];
      return row(field.environment, `[${name}] ${field.meaning} Default: ${describeFallback(field)}.`, 30);
    }),
    row("GANTRY_CONFIG", "Config file in JSON.", 30),
    "",
  ];
}

/** Two columns, the second wrapped. */
function row(left: string, right: string, column: number): string {
  const indent = `\n${" ".repeat(column + 2)}`;
  const lines: string[] = [];
  for (const word of right.replaceAll("`", "").split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width - column)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const gap = left.length >= column ? indent : " ".repeat(column - left.length);
  return `  ${left}${gap}${lines.join(indent)}`;
}
