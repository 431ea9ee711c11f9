/** What can be seen of a prompt without understanding it. */
export interface PromptSignals {
  /** In characters; one of Chinese or Japanese writing counts as two. */
  readonly length: number;
  readonly codeBlocks: number;
  readonly questions: number;
  /** Whether a word or a phrase stands in the prompt, outside of code; see the keywords of `RoutingRules`. */
  has(keyword: string): boolean;
}

// These write no blanks between words.
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+/gu;
const questionMarks = /[？؟]+|\?+(?=\s|$|["'”’»)\]])/gu;
/** Of a long prompt only so much is read at each end, where people say what they want; in UTF-16 units. */
const readAtEachEnd = 4_000;

export function readPrompt(prompt: string): PromptSignals {
  const { prose, codeBlocks } = takeCodeOut(prompt);
  const normal = normalise(readEnds(prose));
  const words = ` ${toWords(normal).join(" ")} `;
  return {
    length: measure(prompt),
    codeBlocks,
    questions: prose.match(questionMarks)?.length ?? 0,
    has(keyword) {
      const wanted = normalise(keyword);
      if (wanted.search(unspaced) !== -1) return normal.includes(wanted);
      const wantedWords = toWords(wanted).join(" ");
      if (wantedWords === "") return false;
      return words.includes(keyword.endsWith("*") ? ` ${wantedWords}` : ` ${wantedWords} `);
    },
  };
}

/** A block that is never closed is code up to the end. */
function takeCodeOut(prompt: string): { readonly prose: string; readonly codeBlocks: number } {
  const parts = prompt.split("```");
  return { prose: parts.filter((_, index) => index % 2 === 0).join("\n"), codeBlocks: Math.floor(parts.length / 2) };
}

function readEnds(text: string): string {
  if (text.length <= 2 * readAtEachEnd) return text;
  return `${text.slice(0, readAtEachEnd)}\n${text.slice(-readAtEachEnd)}`;
}

/** Lower case, one form of each character, and no accents on Latin letters: many write without them. */
function normalise(text: string): string {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/(\p{Script=Latin})\p{M}+/gu, "$1")
    .normalize("NFC");
}

function toWords(normal: string): readonly string[] {
  return normal.replace(unspaced, " $& ").match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * Counting stops where no rule could tell the difference any more, so that a huge prompt costs no more than a long one.
 */
function measure(prompt: string): number {
  const read = prompt.slice(0, 100_000);
  const wide = read.match(unspaced)?.reduce((sum, run) => sum + run.length, 0) ?? 0;
  return prompt.length + wide;
}
