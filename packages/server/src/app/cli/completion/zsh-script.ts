import type { Flag } from "../commands.ts";
import { commandsWithActions, isFileFlag, type Place } from "./completion-places.ts";
import { quoteWord } from "./quote-word.ts";

/** The script for zsh, to be sourced behind `compinit` or to lie in a folder of `fpath` as `_gantry`. */
export function zshScript(places: readonly Place[]): string {
  return [
    "#compdef gantry",
    "_gantry() {",
    '  local before="${words[CURRENT-1]}" place="${words[2]}"',
    "  local -a offers flags",
    '  if [[ "$PREFIX" == --*=* ]]; then before="${PREFIX%%=*}"; compset -P 1 "*="; fi',
    '  if (( CURRENT == 2 )); then place=""',
    '  else case "$place" in',
    `    ${commandsWithActions(places).join("|")}) if (( CURRENT > 3 )); then place="$place \${words[3]}"; fi ;;`,
    "  esac; fi",
    '  case "$place" in',
    ...places.flatMap(toCase),
    "  esac",
    "  (( $#offers )) && _describe -t words word offers",
    '  if [[ "$PREFIX" == -* ]] || (( ! $#offers )); then (( $#flags )) && _describe -o -t flags flag flags; fi',
    "}",
    'if [[ "${funcstack[1]}" == _gantry ]]; then _gantry "$@"; else compdef _gantry gantry; fi',
  ].join("\n");
}

function toCase({ path, words, flags, files }: Place): string[] {
  const silent = flags.filter((flag) => flag.value !== undefined && flag.choices === undefined && !isFileFlag(flag));
  return [
    `    ${quoteWord(path.join(" "))})`,
    '      case "$before" in',
    ...flags.flatMap(toValues),
    ...(silent.length === 0 ? [] : [`        ${silent.map(({ name }) => `--${name}`).join("|")}) return 1 ;;`]),
    "        *)",
    ...(words.length === 0
      ? []
      : [`          offers=(${words.map(({ name, meaning }) => toItem(name, meaning)).join(" ")})`]),
    ...(flags.length === 0
      ? []
      : [`          flags=(${flags.map(({ name, meaning }) => toItem(`--${name}`, meaning)).join(" ")})`]),
    ...(files ? ['          if [[ "$PREFIX" != -* ]]; then _files; return; fi'] : []),
    "          ;;",
    "      esac ;;",
  ];
}

function toValues(flag: Flag): string[] {
  if (flag.choices !== undefined)
    return [`        --${flag.name}) offers=(${flag.choices.map(quoteWord).join(" ")}) ;;`];
  return isFileFlag(flag) ? [`        --${flag.name}) _files; return ;;`] : [];
}

/** The first colon parts the word from its meaning. */
const toItem = (name: string, meaning: string): string => quoteWord(meaning === "" ? name : `${name}:${meaning}`);
