import type { Scope } from "@gantry/contracts/access";
import type { z } from "zod";
import type { Principal } from "../../../core/access/principal.ts";
import type { SessionCaller } from "../../../core/sessions/session-service.ts";

/** Who calls a tool, and by which request. */
export interface McpCaller extends SessionCaller {
  readonly requestId: string;
  readonly address: string | null;
  /** Of the body, for the audit. */
  readonly payloadDigest: string | null;
}

export interface McpCall<Input> extends McpCaller {
  readonly input: Input;
  /** The client left, or cancelled the call. */
  readonly signal: AbortSignal;
  /** Tells a client that asked for it how far the call is. */
  progress(message: string): Promise<void>;
}

/** What a tool gives: an object for programs, and a text for models where that is not its JSON. */
export interface McpResult {
  readonly value: Readonly<Record<string, unknown>>;
  readonly text?: string;
  /** Resources to read on with. */
  readonly links?: readonly { readonly uri: string; readonly name: string; readonly mimeType: string }[];
}

/** A tool as data. */
export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly access: "any" | Scope;
  /** Whether it exists for a key that has the scope. */
  allows?(principal: Principal): boolean;
  readonly input: z.ZodObject;
  readonly readOnly: boolean;
  /** Rejects with a `FailureError`. */
  run(call: McpCall<never>): Promise<McpResult>;
}

/** Ties what `run` is given to the schema. */
export function defineTool<Schema extends z.ZodObject>(
  tool: Omit<McpTool, "input" | "run"> & {
    readonly input: Schema;
    run(call: McpCall<z.output<Schema>>): Promise<McpResult>;
  },
): McpTool {
  return tool;
}
