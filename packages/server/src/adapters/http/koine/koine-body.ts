import type { OutputFormat } from "@gantry/contracts/answer-settings";
import type { Completion } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import { automatic } from "../../../core/completions/choose-model.ts";
import { checkInput } from "../admin/check-input.ts";

export const koineTextBody = z.object({
  prompt: z.string().min(1),
  system: z.string().nullish(),
  sessionId: z.string().min(1).max(200).nullish(),
  model: z.string().min(1).max(256).nullish(),
  allowedTools: z.array(z.string()).nullish(),
});
const schemaField = z.object({ schema: z.record(z.string(), z.unknown()) });
export const koineObjectBody = koineTextBody.extend(schemaField.shape);

/** Some keyword that says what is wanted: that gateway takes no schema without one. */
const keywords = "type properties items $ref anyOf oneOf allOf enum const $defs definitions not if required".split(" ");

export interface KoineRequest {
  readonly completion: Completion;
  /** Of a conversation that is to go on. */
  readonly sessionId: string | undefined;
}

/** Reads the body of one of the four routes. Unknown fields are passed over, as that gateway does. Throws a `FailureError`. */
export function readKoineBody(body: unknown, wantsObject: boolean): KoineRequest {
  const given = checkInput(koineTextBody, body, "body");
  if ((given.allowedTools ?? []).length > 0) {
    const message =
      "allowedTools: an answer here is given without tools; leave the field out, or have an agent work with POST /v1/task";
    throw new FailureError(toFailure("unsupported_feature", message, { param: "allowedTools" }));
  }
  const outputFormat = wantsObject ? toFormat(checkInput(schemaField, body, "body").schema) : undefined;
  return {
    sessionId: given.sessionId ?? undefined,
    completion: {
      model: given.model ?? automatic,
      system: given.system ?? "",
      messages: [{ role: "user", content: [{ type: "text", text: given.prompt }] }],
      sampling: {},
      ...(outputFormat === undefined ? {} : { outputFormat }),
    },
  };
}

function toFormat(schema: Readonly<Record<string, unknown>>): OutputFormat {
  if (!keywords.some((name) => name in schema)) {
    const message = `schema: expected a JSON Schema with at least one of ${keywords.slice(0, 8).join(", ")}`;
    throw new FailureError(toFailure("invalid_request", message, { param: "schema" }));
  }
  return { type: "json_schema", schema };
}
