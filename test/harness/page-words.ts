import type { Page } from "./pages.ts";

/** A piece of code in the text of a page. */
export interface PageWord {
  /** `page:line`. */
  readonly place: string;
  readonly text: string;
}

/**
 * What a page has its readers type or look for that no test runs: the code within its text, and the lines of blocks of
 * commands that it marks as not run.
 */
export function listWords({ path, prose, blocks }: Page): readonly PageWord[] {
  const inline = prose.flatMap((line, index) =>
    [...line.matchAll(/(`+)(.+?)\1(?!`)/g)].map(([, , text = ""]) => ({
      place: `${path}:${index + 1}`,
      text: text.replaceAll("\\|", "|").trim(),
    })),
  );
  const left = blocks
    .filter(({ language, notRun }) => language === "sh" && notRun !== undefined)
    .flatMap(({ line, code }) =>
      code
        .replaceAll(/\\\n\s*/g, " ")
        .split("\n")
        .map((text) => ({ place: `${path}:${line}`, text: text.trim() })),
    );
  return [...inline, ...left];
}
