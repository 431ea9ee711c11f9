/** A page's head, as far as it is needed here: texts and lists by name. */
export type FrontMatter =
  | { readonly ok: true; readonly fields: ReadonlyMap<string, string | readonly string[]>; readonly body: string }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads the head that stands between two lines of `---`: the part of YAML that such pages use. As the programs that read them do, it takes a
 * plain text as it is, with colons in it; what lies deeper than a list is passed over. Never throws.
 */
export function readFrontMatter(page: string): FrontMatter {
  const lines = page.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trimEnd() !== "---") return toProblem(1, "expected `---`, which begins the head of the page");
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---");
  if (end === -1) return toProblem(lines.length, "the head of the page does not end with `---`");
  const fields = new Map<string, string | readonly string[]>();
  for (let at = 1; at < end;) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || line.startsWith("#")) {
      at += 1;
      continue;
    }
    const [, name, rest] = /^([A-Za-z_][\w-]*)\s*:(?:\s+(.*))?$/.exec(line.trimEnd()) ?? [];
    if (name === undefined) return toProblem(at + 1, "expected `name: value`");
    if (fields.has(name)) return toProblem(at + 1, `\`${name}\` is there twice`);
    const more = lines.slice(at + 1, end).findIndex((next) => next.trim() !== "" && !/^(\s|- |-$)/.test(next));
    const next = more === -1 ? end : at + 1 + more;
    const value = readValue(rest?.trim() ?? "", lines.slice(at + 1, next));
    if (value === undefined) return toProblem(at + 1, `the quotation mark or bracket of \`${name}\` is not closed`);
    fields.set(name, value);
    at = next;
  }
  return {
    ok: true,
    fields,
    body: lines
      .slice(end + 1)
      .join("\n")
      .trim(),
  };
}

function toProblem(line: number, problem: string): FrontMatter {
  return { ok: false, problem: `line ${line}: ${problem}` };
}

/** Undefined where it does not come to its end. `below` are the lines that belong to it. */
function readValue(first: string, below: readonly string[]): string | readonly string[] | undefined {
  if (/^[|>][+-]?\d?$/.test(first)) return readBlock(below, first.startsWith(">"));
  const items = below.filter((line) => line.trim() !== "");
  if (first === "" && items.length > 0 && items.every((line) => /^\s*-(\s|$)/.test(line))) {
    return readAll(items.map((line) => line.replace(/^\s*-\s*/, "")));
  }
  // A list of fields, one below the other, is for others to read.
  if (first === "" && items.some((line) => /^\s+[\w-]+:(\s|$)/.test(line))) return "";
  const text = [first, ...items.map((line) => line.trim())].filter((line) => line !== "").join(" ");
  if (!text.startsWith("[")) return readScalar(text);
  if (!text.endsWith("]")) return undefined;
  return readAll(splitList(text.slice(1, -1)));
}

function readAll(texts: readonly string[]): readonly string[] | undefined {
  const read = texts.map((text) => readScalar(text.trim()));
  return read.some((text) => text === undefined)
    ? undefined
    : read.filter((text) => text !== undefined && text !== "").map(String);
}

function readBlock(lines: readonly string[], isFolded: boolean): string {
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const depth = Math.min(...depths, 1000);
  const texts = lines.map((line) => line.slice(depth).trimEnd());
  return (isFolded ? texts.join(" ").replaceAll(/ {2,}/g, "\n") : texts.join("\n")).trim();
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  '"': '"',
  "\\": "\\",
  "/": "/",
};

function readScalar(text: string): string | undefined {
  if (text.startsWith('"')) {
    const inner = /^"((?:[^"\\]|\\.)*)"(\s+#.*)?$/.exec(text)?.[1];
    return inner?.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|(.))/g, (_all, code: string | undefined, letter: string) =>
      code === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    );
  }
  if (text.startsWith("'")) return /^'((?:[^']|'')*)'(\s+#.*)?$/.exec(text)?.[1]?.replaceAll("''", "'");
  return text.replace(/\s+#.*$/, "");
}

/** At commas that stand in no parentheses and no quotation marks: `Read, Bash(git add, git commit)`. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let part = "";
  let depth = 0;
  let quote = "";
  for (const letter of text) {
    if (quote !== "") quote = letter === quote ? "" : quote;
    else if (letter === '"' || (letter === "'" && part.trim() === "")) quote = letter;
    else if (letter === "(") depth += 1;
    else if (letter === ")") depth = Math.max(0, depth - 1);
    if (letter === "," && depth === 0 && quote === "") {
      parts.push(part.trim());
      part = "";
    } else part += letter;
  }
  return [...parts, part.trim()].filter((one) => one !== "");
}
