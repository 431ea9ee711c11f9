import { toPrintableText } from "../printable.ts";

/** Prints messages while they are written. The whole message, which comes at the end, adds what its previews lacked. */
export interface MessagePrinter {
  delta(id: string, text: string): void;
  whole(id: string, text: string): void;
  /** What comes next stands on a line of its own. */
  endLine(): void;
}

export function createMessagePrinter(write: (text: string) => void): MessagePrinter {
  let current = "";
  let previewed = "";
  let held = "";
  let isAtStart = true;

  function print(text: string): void {
    // Half of a sign, or of the end of a line, waits for its other half.
    const [, whole = "", half = ""] = /^([^]*?)([\r\uD800-\uDBFF]?)$/.exec(held + text) ?? [];
    held = half;
    if (whole === "") return;
    write(toPrintableText(whole));
    isAtStart = whole.endsWith("\n");
  }

  function endLine(): void {
    if (held !== "") write(toPrintableText(held));
    held = "";
    if (!isAtStart) write("\n");
    isAtStart = true;
  }

  function begin(id: string): void {
    if (id === current) return;
    endLine();
    [current, previewed] = [id, ""];
  }

  return {
    delta(id, text) {
      begin(id);
      previewed += text;
      print(text);
    },
    whole(id, text) {
      begin(id);
      if (!text.startsWith(previewed)) endLine();
      print(text.startsWith(previewed) ? text.slice(previewed.length) : text);
      endLine();
    },
    endLine,
  };
}
