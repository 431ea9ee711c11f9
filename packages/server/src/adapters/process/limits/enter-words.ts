/** Writes 0, which stands for itself, into each file of the first list, and becomes the program that the rest names. */
const script = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 >"$1" || exit 125; shift; n=$((n-1)); done; exec "$@"';

/**
 * Words in front of a command that enter control groups before it begins: what it starts is in there from its first moment, which a
 * later move could not promise.
 */
export function toEnterWords(entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : ["/bin/sh", "-c", script, "sh", String(entries.length), ...entries];
}
