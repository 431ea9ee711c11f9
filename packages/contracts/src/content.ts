/** The blocks that messages are made of, in the contract of every dialect. */

/** Plain text. It reaches the model byte for byte. */
export interface TextBlock {
  readonly type: "text";
  readonly text: string;
}

/** An image, either inline (`data` is base64 without a prefix) or by an https address that the upstream fetches. */
export interface ImageBlock {
  readonly type: "image";
  readonly source:
    | { readonly type: "base64"; readonly mediaType: ImageMediaType; readonly data: string }
    | { readonly type: "url"; readonly url: string };
}

export type ImageMediaType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

/** A PDF, either inline (`data` is base64 without a prefix) or by an https address that the upstream fetches. */
export interface DocumentBlock {
  readonly type: "document";
  readonly source:
    | { readonly type: "base64"; readonly mediaType: "application/pdf"; readonly data: string }
    | { readonly type: "url"; readonly url: string };
  readonly title?: string;
}

/** What the model thought; `signature` is the vendor's seal, without which it will not take the block back. */
export interface ThinkingBlock {
  readonly type: "thinking";
  readonly text: string;
  readonly signature?: string;
}

export interface RedactedThinkingBlock {
  readonly type: "redacted_thinking";
  readonly data: string;
}

/** `arguments` is JSON as the model wrote it; it may be no valid JSON where the model erred. */
export interface ToolCallBlock {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ToolResultBlock {
  readonly type: "tool_result";
  readonly callId: string;
  readonly content: readonly (TextBlock | ImageBlock | DocumentBlock)[];
  readonly isError: boolean;
}

/**
 * A user's message holds text, images, documents and results of tools; an assistant's holds text, calls of tools and what
 * was thought.
 */
export type ContentBlock =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolCallBlock
  | ToolResultBlock;
