/** What came from outside must not steer the terminal: neither by control characters nor by those that turn or hide text. */
export function toPrintable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\uFFFD");
}

/** The same of a text of several lines: ends of lines and tabs stay, and so do the joiners of which scripts and emoji are made. */
export function toPrintableText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(/(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\uFFFD");
}

/** JSON for a terminal or a pipe: the same value, with whatever could steer a terminal as `\u` escapes. */
export function toPrintableJson(value: unknown, indent?: number): string {
  const escape = (sign: string) =>
    Array.from(
      { length: sign.length },
      (_, index) => `\\u${sign.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join("");
  return JSON.stringify(value, null, indent).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escape);
}
