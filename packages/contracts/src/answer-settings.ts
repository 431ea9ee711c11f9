/** What a client may ask of an answer besides its sampling, in the contract of every dialect. */

export const callEfforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
/** How hard the model is to think, in the words that both vendors use. */
export type CallEffort = (typeof callEfforts)[number];

export type ThinkingWish =
  | { readonly type: "enabled"; readonly budgetTokens: number }
  | { readonly type: "adaptive" }
  | { readonly type: "disabled" };

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly strict?: boolean;
}

/** `any`: some tool must be called. */
export type ToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "any" }
  | { readonly type: "none" }
  | { readonly type: "tool"; readonly name: string };

export type OutputFormat =
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly name?: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
    };
