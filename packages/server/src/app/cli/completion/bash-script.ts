import type { Flag } from "../commands.ts";
import { commandsWithActions, type Place } from "./completion-places.ts";
import { quoteWord } from "./quote-word.ts";

/**
 * The script for bash, from 3.2 on as macOS has it. What was typed is only ever compared, never evaluated: `compgen -W` would
 * expand it in some places. Where the script offers nothing, bash offers files.
 */
export function bashScript(places: readonly Place[]): string {
  return [
    "# Completion of gantry for bash.",
    "_gantry() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" before="" place="${COMP_WORDS[1]}" offers="" offer IFS=" "',
    "  COMPREPLY=()",
    '  if ((COMP_CWORD > 1)); then before="${COMP_WORDS[COMP_CWORD - 1]}"; fi',
    "  # Bash takes --flag=value apart at the sign.",
    '  if [[ "$current" == "=" ]]; then current=""',
    '  elif [[ "$before" == "=" ]] && ((COMP_CWORD > 2)); then before="${COMP_WORDS[COMP_CWORD - 2]}"; fi',
    '  if ((COMP_CWORD == 1)); then place=""',
    '  else case "$place" in',
    `    ${commandsWithActions(places).join("|")}) if ((COMP_CWORD > 2)); then place="$place \${COMP_WORDS[2]}"; fi ;;`,
    "  esac; fi",
    '  case "$place" in',
    ...places.flatMap(toCase),
    "  esac",
    "  for offer in $offers; do",
    '    if [[ "$offer" == "$current"* ]]; then COMPREPLY+=("$offer"); fi',
    "  done",
    "}",
    "complete -o default -F _gantry gantry",
  ].join("\n");
}

function toCase({ path, words, flags, files }: Place): string[] {
  const offers = [...words.map(({ name }) => name), ...flags.map(({ name }) => `--${name}`)].join(" ");
  const free = flags.filter(({ value, choices }) => value !== undefined && choices === undefined);
  return [
    `    ${quoteWord(path.join(" "))})`,
    '      case "$before" in',
    ...flags.flatMap(toChoices),
    ...(free.length === 0 ? [] : [`        ${free.map(({ name }) => `--${name}`).join("|")}) return ;;`]),
    files
      ? `        *) if [[ "$current" == -* ]]; then offers=${quoteWord(offers)}; fi ;;`
      : `        *) offers=${quoteWord(offers)} ;;`,
    "      esac ;;",
  ];
}

function toChoices({ name, choices }: Flag): string[] {
  return choices === undefined ? [] : [`        --${name}) offers=${quoteWord(choices.join(" "))} ;;`];
}
