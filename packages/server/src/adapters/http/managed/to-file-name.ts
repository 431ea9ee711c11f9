const longest = 255;

/** Names that a file with none gets, by what its sender says it is. */
const endings: Readonly<Record<string, string>> = {
  "text/plain": ".txt",
  "text/csv": ".csv",
  "text/markdown": ".md",
  "application/json": ".json",
  "application/pdf": ".pdf",
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp",
};

/** The last part of a name, without what no file is called; `unnamed` where nothing is left. */
export function toFileName(given: string | undefined, mimeType: string): string {
  const last = (given ?? "").split(/[/\\]/).at(-1) ?? "";
  // Control characters, and those that turn the direction of a text and so hide an ending.
  const clean = last
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, "")
    .trim()
    .slice(-longest);
  return clean === "" || clean === "." || clean === ".." ? `unnamed${endings[mimeType] ?? ""}` : clean;
}
