import type { MessageContent, TextContent, ToolResultContent } from "@gantry/contracts/session-inputs";
import type { WorkBlock } from "../ports/work-driver.ts";

/** Content of the wire as an agent program takes it. Files are read by `readFile`, once each. */
export async function toWorkBlocks(
  content: readonly (MessageContent | ToolResultContent)[],
  readFile: (fileId: string) => Promise<{ readonly mediaType: string; readonly base64: string }>,
): Promise<readonly WorkBlock[]> {
  return await Promise.all(content.map((block) => toWorkBlock(block, readFile)));
}

async function toWorkBlock(
  block: MessageContent | ToolResultContent,
  readFile: (fileId: string) => Promise<{ readonly mediaType: string; readonly base64: string }>,
): Promise<WorkBlock> {
  switch (block.type) {
    case "text":
      return block;
    case "search_result": {
      const text = block.content.map((part) => part.text).join("\n");
      return { type: "text", text: `${block.title}\n${block.source}\n\n${text}` };
    }
    case "image":
      return { type: "image", source: await toSource(block.source, readFile) };
    case "document": {
      const { source } = block;
      const names = {
        ...(typeof block.title === "string" && { title: block.title }),
        ...(typeof block.context === "string" && { context: block.context }),
      };
      if (source.type !== "text") return { type: "document", source: await toSource(source, readFile), ...names };
      return { type: "document", source: { type: "text", mediaType: source.media_type, data: source.data }, ...names };
    }
  }
}

async function toSource(
  source:
    | { readonly type: "base64"; readonly media_type: string; readonly data: string }
    | { readonly type: "url"; readonly url: string }
    | { readonly type: "file"; readonly file_id: string },
  readFile: (fileId: string) => Promise<{ readonly mediaType: string; readonly base64: string }>,
) {
  if (source.type === "url") return source;
  if (source.type === "base64") return { type: "base64", mediaType: source.media_type, data: source.data } as const;
  const { mediaType, base64 } = await readFile(source.file_id);
  return { type: "base64", mediaType, data: base64 } as const;
}

/** What an agent program gave back, as the wire has it. */
export function toToolContent(blocks: readonly WorkBlock[]): readonly ToolResultContent[] {
  return blocks.map((block): ToolResultContent => {
    if (block.type === "text") return block;
    if (block.type === "image") {
      const { source } = block;
      if (source.type === "url") return { type: "image", source };
      return { type: "image", source: { type: "base64", media_type: source.mediaType, data: source.data } };
    }
    const names = {
      ...(block.title !== undefined && { title: block.title }),
      ...(block.context !== undefined && { context: block.context }),
    };
    const { source } = block;
    if (source.type === "url") return { type: "document", source, ...names };
    if (source.type === "text") {
      return { type: "document", source: { type: "text", media_type: source.mediaType, data: source.data }, ...names };
    }
    return { type: "document", source: { type: "base64", media_type: source.mediaType, data: source.data }, ...names };
  });
}

export function toPlainText(content: readonly (MessageContent | ToolResultContent | TextContent)[]): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}
