/** What a call of the model is checked for; the demo model reads no more. */
export interface ModelBody {
  readonly messages: readonly {
    readonly role: string;
    readonly content: readonly Readonly<Record<string, unknown>>[];
  }[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  readonly tool_choice?: unknown;
  readonly thinking?: unknown;
  readonly output_config?: { readonly effort?: string };
}

/** The marks that tell the vendor up to where to cache move with the conversation. */
export function withoutMarks(body: ModelBody): ModelBody {
  return JSON.parse(JSON.stringify(body, (key, value: unknown) => (key === "cache_control" ? undefined : value)));
}
