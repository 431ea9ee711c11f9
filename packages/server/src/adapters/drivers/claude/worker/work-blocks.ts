import type { WorkBlock } from "../../../../core/ports/work-driver.ts";
import type { CliBlock } from "../cli-line.ts";

/** A block as the Messages API has it. */
export function toWireWorkBlock(block: WorkBlock): CliBlock {
  if (block.type === "text") return { type: "text", text: block.text };
  const { source } = block;
  if (block.type === "image") return { type: "image", source: toWireSource(source) };
  const { title, context } = block;
  return {
    type: "document",
    source: toWireSource(source),
    ...(title === undefined ? {} : { title }),
    ...(context === undefined ? {} : { context }),
  };
}

function toWireSource(source: Exclude<WorkBlock, { type: "text" }>["source"]): object {
  if (source.type === "url") return { type: "url", url: source.url };
  return { type: source.type, media_type: source.mediaType, data: source.data };
}

/** A block of a tool's answer as the Model Context Protocol has it, which knows no documents: text stays, an address is told. */
export function toMcpBlock(block: WorkBlock): object {
  if (block.type === "text") return { type: "text", text: block.text };
  const { source } = block;
  if (source.type === "url") return { type: "text", text: source.url };
  if (source.type === "text") return { type: "text", text: source.data };
  if (block.type === "image") return { type: "image", data: source.data, mimeType: source.mediaType };
  const uri = `document:${encodeURIComponent(block.title ?? "document")}`;
  return { type: "resource", resource: { uri, mimeType: source.mediaType, blob: source.data } };
}

/** What a tool gave, out of a `tool_result` block; of kinds that are not known their JSON. */
export function readResultContent(content: unknown): WorkBlock[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return Array.isArray(content) ? content.map(readBlock) : [];
}

function readBlock(block: unknown): WorkBlock {
  const { type, text, source } = isObject(block) ? block : {};
  if (type === "text" && typeof text === "string") return { type: "text", text };
  if (type === "image" && isObject(source)) {
    const { media_type: mediaType, data, url } = source;
    if (typeof mediaType === "string" && typeof data === "string")
      return { type: "image", source: { type: "base64", mediaType, data } };
    if (typeof url === "string") return { type: "image", source: { type: "url", url } };
  }
  return { type: "text", text: JSON.stringify(block) ?? "" };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
