import { z } from "zod";
import { automatic } from "../../../core/completions/choose-model.ts";
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

/**
 * Takes them out of the body, with what is ours alone and was read already. One client of the task service sends a `prompt` in the place of
 * `messages`, and another a model of null where the choice is left to the rules. Throws a `FailureError`.
 */
export function takeChatExtras(body: unknown): { readonly rest: unknown; readonly extras: ChatExtras } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return { rest: body, extras: {} };
  const { gantry: _gantry, project_id, timeout, ...rest } = body as Readonly<Record<string, unknown>>;
  const given = checkInput(schema, { project_id, timeout }, "body");
  return {
    rest: withMessages(rest),
    extras: { project_id: given.project_id ?? undefined, timeout: given.timeout ?? undefined },
  };
}

function withMessages(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { prompt, ...rest } = body["model"] === null ? { ...body, model: automatic } : body;
  if (typeof prompt !== "string" || body["messages"] !== undefined)
    return { ...rest, ...(prompt !== undefined && { prompt }) };
  return { ...rest, messages: [{ role: "user", content: prompt }] };
}
