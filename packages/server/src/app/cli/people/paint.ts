/** Colours of a terminal. Each gives the text as it is where there are to be none. */
export interface Paint {
  bold(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warm(text: string): string;
}

/**
 * Whether to colour: not where NO_COLOR is set to anything, else as FORCE_COLOR says, else on a terminal that is not `dumb`.
 */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return isTerminal && env["TERM"] !== "dumb";
}

export function createPaint(isColoured: boolean): Paint {
  const by = (code: number) => (text: string) => (isColoured && text !== "" ? `\u001B[${code}m${text}\u001B[0m` : text);
  return { bold: by(1), faint: by(2), good: by(32), bad: by(31), warm: by(33) };
}
