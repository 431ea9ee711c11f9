import { errorCatalogue, type ErrorCode } from "@gantry/contracts/errors";
import { z } from "zod";
import type { ErrorDialect } from "../../adapters/http/error-dialect.ts";
import { koineError } from "../../adapters/http/koine/koine-answers.ts";
import { messagesErrorTypes, statusOfMessagesError } from "../../adapters/wire/anthropic-messages/errors.ts";
import { openAiErrorTypes } from "../../adapters/wire/openai-chat/errors.ts";
import type { DescribedRoute } from "./described-route.ts";
import type { Json } from "./schema-collector.ts";

const codes = Object.keys(errorCatalogue) as ErrorCode[];
const code = z.enum(codes).meta({ description: "Never changes its meaning; `docs/errors.md` says what to do." });

export const openAiError = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(openAiErrorTypes),
    param: z.string().nullable().meta({ description: "The field at fault." }),
    code,
  }),
  detail: z.string().optional().meta({ description: "The sentence once more, for clients of the task service." }),
});

export const anthropicError = z.object({
  type: z.literal("error"),
  error: z.object({
    type: z.enum(messagesErrorTypes),
    message: z.string(),
    details: z
      .object({
        error_code: z.enum([...codes, "thread_unsupported_request", "slow_reader", "key_refused"]),
        param: z.string().optional(),
        unsupported: z.array(z.string()).optional(),
      })
      .optional()
      .meta({ description: "Missing in an error that is the vendor's own." }),
  }),
  request_id: z.string().nullish(),
});

export const errorSchemas = { openai: openAiError, anthropic: anthropicError, koine: koineError } as const;
const names = { openai: "OpenAi", anthropic: "Anthropic", koine: "Koine" } as const;

/** The statuses that a route is described with; any other error comes as `default`. */
export function errorStatuses(
  { access, path, body, goesByKey }: DescribedRoute,
  dialect: ErrorDialect,
  isOpen: boolean,
): readonly number[] {
  const keyed = isOpen ? [] : [401, 403, 429];
  const named = /[:*]/.test(path) ? [404] : [];
  const sent = body === undefined ? [] : [413, 415];
  const claimed = goesByKey === true ? [409] : [];
  const answered = access === "inference" ? [502, 503] : [];
  const known = new Set(codes.map((one) => statusOf(dialect, one)));
  return [400, ...keyed, ...named, ...claimed, ...sent, ...answered].filter((status) => known.has(status));
}

export function toErrorName(dialect: ErrorDialect, status: number | undefined): string {
  return `${names[dialect]}Error${status ?? ""}`;
}

/** A component for each dialect and status, which names the codes of the catalogue that come with it. */
export function describeErrors(schemaOf: (dialect: ErrorDialect) => Json, headers: Json): Json {
  const answers: Json = {};
  for (const dialect of Object.keys(names) as ErrorDialect[]) {
    const content = { "application/json": { schema: schemaOf(dialect) } };
    answers[toErrorName(dialect, undefined)] = { description: "Refused or failed.", headers, content };
    const byStatus = Map.groupBy(codes, (one) => statusOf(dialect, one));
    for (const [status, ofStatus] of [...byStatus].toSorted(([a], [b]) => a - b)) {
      const lines = ofStatus.map((one) => `- \`${one}\`: ${errorCatalogue[one].message}`);
      answers[toErrorName(dialect, status)] = { description: lines.join("\n"), headers, content };
    }
  }
  return answers;
}

function statusOf(dialect: ErrorDialect, one: ErrorCode): number {
  if (dialect === "anthropic") return statusOfMessagesError(one);
  const { status } = errorCatalogue[one];
  return dialect === "koine" && status > 500 ? 500 : status;
}
