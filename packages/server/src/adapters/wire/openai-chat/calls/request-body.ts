/** The body of `POST /chat/completions`, as far as a call fills it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly MessageBody[];
  readonly tools?: readonly ToolBody[];
  readonly tool_choice?:
    | "none"
    | "auto"
    | "required"
    | { readonly type: "function"; readonly function: { name: string } };
  readonly parallel_tool_calls?: false;
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly stop?: readonly string[];
  readonly reasoning_effort?: string;
  readonly response_format?: ResponseFormatBody;
  readonly user?: string;
  readonly stream: boolean;
  readonly stream_options?: { readonly include_usage: true };
}

export type MessageBody =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: string | readonly PartBody[] }
  | {
      readonly role: "assistant";
      readonly content: string | readonly TextPartBody[] | null;
      readonly tool_calls?: readonly ToolCallBody[];
    }
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

export interface TextPartBody {
  readonly type: "text";
  readonly text: string;
}

export type PartBody =
  | TextPartBody
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } }
  | { readonly type: "file"; readonly file: { readonly filename: string; readonly file_data: string } };

export interface ToolCallBody {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface ToolBody {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly strict?: boolean;
  };
}

export type ResponseFormatBody =
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly json_schema: {
        readonly name: string;
        readonly schema: Readonly<Record<string, unknown>>;
        readonly strict?: boolean;
      };
    };
