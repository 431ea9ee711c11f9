import type { Scope } from "@gantry/contracts/access";
import type { z } from "zod";
import type { Operation } from "../../adapters/http/admin/operation.ts";

/** What an answer or a body may be: a schema, or a text or bytes that have none. */
export type Content = z.ZodType | "text" | "bytes";

/** One route or socket as the document tells of it. */
export interface DescribedRoute {
  readonly method: Operation["method"];
  /** With `:name` for what varies, `*name` where that may hold slashes. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `any` key, or one with that scope. Open routes are known by their address. */
  readonly access: "any" | Scope;
  readonly query?: z.ZodObject;
  /** Headers of the request besides those of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly schema: z.ZodType; readonly example?: unknown };
  /** By status, then by content type. */
  readonly answers: Readonly<Record<number, Readonly<Record<string, Content>>>>;
  /** Whether an `Idempotency-Key` makes it safe to send twice. */
  readonly goesByKey?: boolean;
  /** Whether fields that are not known are reported and not refused. */
  readonly isLenient?: boolean;
  /** Where the connection is taken over: what is said in frames, one JSON object each. */
  readonly frames?: { readonly client: z.ZodType; readonly server: z.ZodType };
}

export type DescribedRoutes = Readonly<Record<string, DescribedRoute>>;
