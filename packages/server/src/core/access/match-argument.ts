import { matchesWildcard } from "./match-wildcard.ts";
import { normalisePath } from "./normalise-path.ts";

/** What a tool's main argument is: a shell command, a path, or any other text. */
export type ArgumentKind = "command" | "path" | "text";

// What makes a shell do a second thing: separators, pipes, redirections, substitutions, and every control character but
// the tab.
const operators = /[;&|<>`]|[^\P{Cc}\t]|\$[({]/gu;
const separators = /[;&|<>`(){}]|[^\P{Cc}\t]/u;

/**
 * Whether a pattern that permits matches the whole argument. `*` stands for any text; everything else for itself.
 *
 * In a command no `*` ever stands for a shell control operator (`;`, `&`, `|`, `<`, `>`, a backtick, `$(`, `${`, a line
 * break): `git *` permits `git log` and not `git log; rm -rf /`. An operator that is meant is written into the pattern:
 * `git log * | head *`. A path is brought into its one form first, so that `/workspace/*` does not permit
 * `/workspace/../etc/passwd`; a path that has no such form is not permitted.
 */
export function matchesAllow(pattern: string, argument: string, kind: ArgumentKind): boolean {
  if (kind === "text") return matchesWildcard(pattern, argument);
  if (kind === "command") return matchesWildcard(pattern, argument, findOperators(argument));
  const path = normalisePath(argument);
  return path !== undefined && matchesWildcard(pattern, path);
}

/**
 * Whether a pattern that forbids or asks matches. It is read widely: the argument as it stands, the path in its one
 * form, or any single command of a longer line. It is no wall even so (a shell has endless spellings of one command):
 * what is to be impossible is left out of what is allowed.
 */
export function matchesRefuse(pattern: string, argument: string, kind: ArgumentKind): boolean {
  if (matchesWildcard(pattern, argument)) return true;
  if (kind === "path") {
    const path = normalisePath(argument);
    return path !== undefined && matchesWildcard(pattern, path);
  }
  return kind === "command" && argument.split(separators).some((part) => matchesWildcard(pattern, part.trim()));
}

/** Marks every character of every operator, so that none can hide half in a pattern and half in its `*`. */
function findOperators(command: string): Uint8Array {
  const marks = new Uint8Array(command.length);
  for (const { 0: operator, index } of command.matchAll(operators)) marks.fill(1, index, index + operator.length);
  return marks;
}
