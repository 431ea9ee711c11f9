/**
 * The part of the Responses API's request that is written here. The official client's types are the reference: a test
 * holds that these fit them.
 */
export interface ResponsesRequest {
  model: string;
  instructions?: string;
  input: InputItem[];
  tools?: FunctionTool[];
  tool_choice?: "auto" | "required" | "none" | { type: "function"; name: string };
  parallel_tool_calls?: boolean;
  max_output_tokens?: number;
  temperature?: number;
  top_p?: number;
  reasoning?: Reasoning;
  text?: { format: { type: "json_object" } | JsonSchemaFormat };
  safety_identifier?: string;
  stream: boolean;
  store: false;
}

export type InputItem =
  | { type: "message"; role: "user" | "developer"; content: InputContent[] }
  /** A string: parts are taken only with the id under which the vendor stored the answer. */
  | { type: "message"; role: "assistant"; content: string }
  | { type: "function_call"; call_id: string; name: string; arguments: string }
  | { type: "function_call_output"; call_id: string; output: string | InputContent[] };

export type InputContent =
  | { type: "input_text"; text: string }
  | { type: "input_image"; image_url: string; detail: "auto" }
  | { type: "input_file"; file_url: string }
  | { type: "input_file"; filename: string; file_data: string };

export interface FunctionTool {
  type: "function";
  name: string;
  description?: string;
  parameters: Record<string, unknown>;
  strict: boolean;
}

export interface Reasoning {
  effort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
  summary?: "auto";
}

export interface JsonSchemaFormat {
  type: "json_schema";
  name: string;
  schema: Record<string, unknown>;
  strict?: boolean;
}
