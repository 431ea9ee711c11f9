import { isRecord, reject, type Checked } from "../check-shape.ts";
import { createIgnoredFields } from "../ignored-fields.ts";
import { parseImageUrl } from "../images.ts";

/**
 * Looks at every inline image in the body of a call, which is of the right shape. The failure names the first that is broken or too large; the
 * value names those that will be shrunk.
 */
export function checkImages(body: unknown): Checked<readonly string[]> {
  const shrunk = createIgnoredFields();
  const messages = isRecord(body) ? toList(body["messages"]) : [];
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message)) continue;
    for (const [path, data] of findImages(message["content"], `messages.${index}.content`)) {
      const parsed = parseImageUrl(data);
      if (!parsed.ok) return reject("invalid_image", `${path}.source.data`, parsed.problem);
      if (parsed.resized) shrunk.add(path, "resized");
    }
  }
  return { ok: true, value: shrunk.list() };
}

/** In a message, a tool's result, or a document of blocks. */
function* findImages(content: unknown, path: string): Generator<readonly [path: string, data: string]> {
  for (const [index, block] of toList(content).entries()) {
    if (!isRecord(block)) continue;
    const place = `${path}.${index}`;
    const { type, source } = block;
    if (type === "image" && isRecord(source) && typeof source["data"] === "string") yield [place, source["data"]];
    else if (type === "tool_result") yield* findImages(block["content"], `${place}.content`);
    else if (type === "document" && isRecord(source)) yield* findImages(source["content"], `${place}.source.content`);
  }
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
