import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ModelRecommendation } from "@gantry/contracts/routing";
import { z } from "zod";
import type { MeteredCompletions } from "../../../core/completions/metered-completions.ts";
import type { UsageService } from "../../../core/control/usage-service.ts";
import type { Handlers, Operation } from "./operation.ts";

/** The most that is read of a text, as characters; longer prompts are no clearer. */
const text = z.string().min(1).max(1_000_000);

export const routingOperations = {
  recommendModel: {
    method: "POST",
    path: "/v1/route",
    summary:
      "Which model `auto` would take for a prompt, and why, within what the key may use and what its budgets leave. " +
      "`task_description` is another name for `prompt`.",
    access: "any",
    body: z.strictObject({
      prompt: text.optional(),
      task_description: text.optional(),
      context_size: z.int().min(0).max(1_000_000_000).default(0).meta({ description: "Tokens besides the prompt." }),
    }),
    answer: z.strictObject({
      recommended_model: z.string(),
      reasoning: z.string(),
      reasons: z.array(z.string()),
      rule: z.string(),
      budget_status: z.strictObject({
        total_tokens: z.int(),
        total_cost: z.number().meta({ description: "US dollars, since the first of the month." }),
        limit: z.int().nullable().meta({ description: "Tokens of the project's monthly budget; null for no limit." }),
        remaining: z.int().nullable(),
      }),
    }) satisfies z.ZodType<ModelRecommendation>,
  },
} as const satisfies Record<string, Operation>;

export function createRoutingHandlers(
  completions: Pick<MeteredCompletions, "recommend">,
  usage: Pick<UsageService, "summary">,
): Handlers<typeof routingOperations> {
  return {
    async recommendModel({ principal, body }) {
      const { prompt = body.task_description, context_size: contextSize } = body;
      if (prompt === undefined || (body.prompt !== undefined && body.task_description !== undefined)) {
        throw new FailureError(
          toFailure("invalid_request", "Send either `prompt` or `task_description`.", { param: "prompt" }),
        );
      }
      const [recommended, summary] = await Promise.all([
        completions.recommend({ prompt, contextSize }, principal),
        usage.summary(principal.projectId, "month"),
      ]);
      return {
        recommended_model: recommended.model,
        reasoning: recommended.reasons.join(" | "),
        reasons: [...recommended.reasons],
        rule: recommended.rule,
        budget_status: {
          total_tokens: summary.tokens,
          total_cost: summary.costMicros / 1_000_000,
          limit: summary.budget?.limit ?? null,
          remaining: summary.budget?.remaining ?? null,
        },
      };
    },
  };
}
