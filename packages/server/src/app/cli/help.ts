import { configFields, fieldNames } from "../config-fields.ts";
import { type CommandName, commands } from "./commands.ts";

const width = 100;

/** The help text of one command, or the overview. */
export function helpText(name: CommandName | undefined): string {
  return name === undefined ? overview() : commandHelp(name);
}

function overview(): string {
  const list = Object.values(commands).map(({ name, summary }) => row(`gantry ${name}`, summary, 22));
  return [
    "Gantry puts the real Claude Code behind an OpenAI-compatible endpoint.",
    "",
    "Usage:",
    ...list,
    row("gantry --version", "Print the version.", 22),
    "",
    "`gantry COMMAND --help` lists the flags of a command.",
    "",
  ].join("\n");
}

function commandHelp(name: CommandName): string {
  const { summary, flags, examples } = commands[name];
  const names = flags.map((flag) => `--${flag.name}${flag.value === undefined ? "" : ` ${flag.value}`}`);
  const lines = [
    summary,
    "",
    `Usage: gantry ${name} [flags]`,
    "",
    "Flags:",
    ...flags.map((flag, index) => row(names[index] ?? "", flag.meaning, 22)),
    "",
    "Examples:",
    ...examples.map((example) => `  ${example}`),
    "",
  ];
  return (name === "demo-model" ? lines : [...lines, ...environmentHelp()]).join("\n");
}

function environmentHelp(): string[] {
  return [
    "Environment (a flag wins; each is also a field of the config file, by the name in brackets):",
    ...fieldNames.map((name) => {
      const { environment, meaning, fallback } = configFields[name];
      const initial = typeof fallback === "object" ? fallback.computed : String(fallback);
      return row(environment, `[${name}] ${meaning} Default: ${initial}.`, 30);
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
