import { z } from "zod";
import { checkInput } from "../admin/check-input.ts";

/** What the body of a chat may have besides the fields of its format. */
export interface ChatExtras {
  /** By id or name. */
  readonly project_id?: string | undefined;
  /** Seconds for the whole answer. */
  readonly timeout?: number | undefined;
}

const schema = z.strictObject({
  project_id: z.string().min(1).max(200).nullish(),
  timeout: z.number().min(1).max(3600).nullish(),
});

/** Takes them out of the body, with what is ours alone and was read already. Throws a `FailureError`. */
export function takeChatExtras(body: unknown): { readonly rest: unknown; readonly extras: ChatExtras } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return { rest: body, extras: {} };
  const { gantry: _gantry, project_id, timeout, ...rest } = body as Readonly<Record<string, unknown>>;
  const given = checkInput(schema, { project_id, timeout }, "body");
  return { rest, extras: { project_id: given.project_id ?? undefined, timeout: given.timeout ?? undefined } };
}
