/** Of the names that agents give files; what is not here is bytes. */
const types: Readonly<Record<string, string>> = {
  ...ofText("text/plain", "txt log ini cfg conf toml env lock gitignore dockerfile makefile license diff patch"),
  ...ofText("text/plain", "ts tsx jsx py rb go rs java kt c h cc cpp hpp cs swift php pl lua sh bash zsh sql r scala"),
  ...ofText("text/javascript", "js mjs cjs"),
  ...ofText("text/markdown", "md markdown"),
  ...ofText("text/html", "html htm"),
  ...ofText("text/css", "css"),
  ...ofText("text/csv", "csv"),
  ...ofText("text/tab-separated-values", "tsv"),
  ...ofText("application/yaml", "yaml yml"),
  ...ofText("application/xml", "xml"),
  json: "application/json",
  jsonl: "application/jsonl",
  ipynb: "application/x-ipynb+json",
  svg: "image/svg+xml",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  pdf: "application/pdf",
  zip: "application/zip",
  gz: "application/gzip",
  tar: "application/x-tar",
  wasm: "application/wasm",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  mp4: "video/mp4",
};

/** Told by the name alone: content that an agent wrote is not guessed at. */
export function toMediaType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const ending = name.slice(name.lastIndexOf(".") + 1);
  return Object.hasOwn(types, ending) ? (types[ending] ?? bytes) : bytes;
}

const bytes = "application/octet-stream";

function ofText(type: string, endings: string): Record<string, string> {
  return Object.fromEntries(endings.split(" ").map((ending) => [ending, `${type}; charset=utf-8`]));
}
