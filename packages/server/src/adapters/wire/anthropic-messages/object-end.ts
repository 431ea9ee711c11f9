/** Follows the text of one JSON object as it comes, and knows whether it is whole. */
export interface ObjectEnd {
  push(text: string): void;
  readonly reached: boolean;
}

export function createObjectEnd(): ObjectEnd {
  let depth = 0;
  let reached = false;
  let isInString = false;
  let isEscaped = false;

  function step(character: string): void {
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (character === "\\") isEscaped = true;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      reached ||= depth === 0;
    }
  }

  return {
    push(text) {
      for (let index = 0; index < text.length && !reached; index += 1) step(text.charAt(index));
    },
    get reached() {
      return reached;
    },
  };
}
