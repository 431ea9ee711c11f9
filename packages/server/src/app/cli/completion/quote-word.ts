/** A word as bash, zsh and fish read it, whatever it holds. None of ours has a backslash, which fish reads within quotes. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}
