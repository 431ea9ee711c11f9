/** How many columns a text takes on a terminal: none for marks that stand on others, two for East Asian signs and emoji. */
function textWidth(text: string): number {
  let width = 0;
  for (const sign of text) width += signWidth(sign);
  return width;
}

/** The text within so many columns, with `…` at its end where something was cut off. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let [kept, width] = ["", 0];
  for (const sign of text) {
    width += signWidth(sign);
    if (width > columns - 1) break;
    kept += sign;
  }
  return `${kept}…`;
}

/** The text in lines of at most so many columns; nothing is lost. */
export function wrapToWidth(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => {
    const rows = [""];
    let width = 0;
    for (const sign of line) {
      const wide = signWidth(sign);
      if (width + wide > columns && width > 0) {
        rows.push("");
        width = 0;
      }
      rows[rows.length - 1] += sign;
      width += wide;
    }
    return rows;
  });
}

function signWidth(sign: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(sign)) return 0;
  const wide = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;
  return wide.test(sign) || /\p{Emoji_Presentation}/u.test(sign) || /[\u{20000}-\u{3FFFD}]/u.test(sign) ? 2 : 1;
}
