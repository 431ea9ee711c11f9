import type { Flag } from "../commands.ts";
import { isFileFlag, type Place } from "./completion-places.ts";
import { quoteWord } from "./quote-word.ts";

/** The script for fish, from 3.0 on. */
export function fishScript(places: readonly Place[]): string {
  return [
    "# Completion of gantry for fish.",
    "function __gantry_within",
    "  set -l typed (commandline -opc)",
    "  set -l last (math (count $argv) + 1)",
    "  test (count $typed) -ge $last; or return 1",
    "  test (count $argv) -eq 0; and return 0",
    '  test "$typed[2..$last]" = "$argv"',
    "end",
    "function __gantry_next",
    "  test (count (commandline -opc)) -eq (math (count $argv) + 1); and __gantry_within $argv",
    "end",
    "complete -c gantry -e",
    "complete -c gantry -f",
    ...places.flatMap(toLines),
  ].join("\n");
}

function toLines({ path, words, flags, files }: Place): string[] {
  const within = `complete -c gantry -n ${quoteWord(["__gantry_within", ...path].join(" "))}`;
  const next = `complete -c gantry -n ${quoteWord(["__gantry_next", ...path].join(" "))}`;
  // Flags of the first place, and those before an action, are known there alone.
  const own = words.length > 0 ? next : within;
  return [
    ...words.map(({ name, meaning }) => `${next} -a ${quoteWord(name)}${describe(meaning)}`),
    ...(files ? [`${within} -F`] : []),
    ...flags.map((flag) => `${own} -l ${flag.name}${toValue(flag)}${describe(flag.meaning)}`),
  ];
}

function toValue(flag: Flag): string {
  if (flag.choices !== undefined) return ` -x -a ${quoteWord(flag.choices.join(" "))}`;
  if (flag.value === undefined) return "";
  return isFileFlag(flag) ? " -r -F" : " -x";
}

const describe = (meaning: string): string => (meaning === "" ? "" : ` -d ${quoteWord(meaning)}`);
