/** Takes the value out of the JSON of an object with one field, as the text comes. */
export interface Unwrapper {
  /** The next piece of the object's text; what of it belongs to the value. */
  take(piece: string): string;
}

/**
 * The value's text is passed on as it is written. What is no such object comes out as whatever is left of it, which is for the judge of
 * the whole to find.
 */
export function createUnwrapper(): Unwrapper {
  // Before the value: its name is a string without a colon, so the first colon ends it.
  let isInside = false;
  let isOver = false;
  let inString = false;
  let isEscaped = false;
  let depth = 0;

  /** Whether this character still belongs to the value. */
  function step(character: string): boolean {
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (character === "\\") isEscaped = true;
      else if (character === '"') inString = false;
      return true;
    }
    if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    // The end of the object around it, or the comma before a field that should not be there.
    return depth >= 0 && !(depth === 0 && character === ",");
  }

  return {
    take(piece) {
      if (isOver) return "";
      let start = 0;
      if (!isInside) {
        const colon = piece.indexOf(":");
        if (colon === -1) return "";
        isInside = true;
        start = colon + 1;
      }
      for (let at = start; at < piece.length; at += 1) {
        if (step(piece.charAt(at))) continue;
        isOver = true;
        return piece.slice(start, at);
      }
      return piece.slice(start);
    },
  };
}
