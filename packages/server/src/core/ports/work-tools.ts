export interface CustomTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of type object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export type McpServer =
  | { readonly name: string; readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  | ({ readonly name: string } & McpProgram);

/** Runs with the agent, within its walls, and ends with it. Nothing of it is a secret from the agent. */
export interface McpProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
