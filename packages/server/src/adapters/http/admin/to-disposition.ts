/** A header that makes a browser save an answer under a name, which may be of any letters. */
export function toDisposition(fileName: string): string {
  const plain = fileName.replaceAll(/[^\w .()+-]/g, "_").slice(0, 100) || "file";
  if (plain === fileName) return `attachment; filename="${plain}"`;
  const encoded = encodeURIComponent(fileName.toWellFormed().slice(0, 300)).replaceAll(/['()*]/g, toPercent);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function toPercent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
}
