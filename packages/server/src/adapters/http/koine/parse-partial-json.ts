/**
 * The value of a JSON text of which only the beginning is there: what is open is closed, a text that has begun is kept, a number or a
 * name that has begun is not. Undefined where there is nothing of it yet.
 */
export function parsePartialJson(text: string): unknown {
  const { safe, openString, closers } = scan(text);
  if (openString !== undefined) {
    // An escape may have begun: what is behind the last backslash is let go then.
    for (const end of [text.length, text.lastIndexOf("\\")]) {
      const value = end > openString ? parse(`${text.slice(0, end)}"${closers}`) : undefined;
      if (value !== undefined) return value;
    }
  }
  return parse(safe);
}

interface Scan {
  /** What of it is whole, closed. */
  readonly safe: string;
  /** Where the string began that is open, if it is a value. */
  readonly openString: number | undefined;
  readonly closers: string;
}

function scan(text: string): Scan {
  const stack: string[] = [];
  let safeEnd = 0;
  let safeClosers = "";
  let stringAt: number | undefined;
  let isKey = false;
  const closers = (): string => stack.toReversed().join("");
  const mark = (end: number): void => {
    safeEnd = end;
    safeClosers = closers();
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (stringAt !== undefined) {
      if (character === "\\") at += 1;
      else if (character === '"') {
        stringAt = undefined;
        if (!isKey) mark(at + 1);
      }
    } else if (character === '"') stringAt = at;
    else if (character === "{" || character === "[") {
      stack.push(character === "{" ? "}" : "]");
      isKey = character === "{";
      mark(at + 1);
    } else if (character === "}" || character === "]") {
      stack.pop();
      mark(at + 1);
    } else if (character === ",") {
      mark(at);
      isKey = stack.at(-1) === "}";
    } else if (character === ":") isKey = false;
  }
  const openString = isKey ? undefined : stringAt;
  return { safe: text.slice(0, safeEnd) + safeClosers, openString, closers: closers() };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
