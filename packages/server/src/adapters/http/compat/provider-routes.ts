import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import type { Principal } from "../../../core/access/principal.ts";
import type { CompletionServiceStatus } from "../../../core/completions/completion-service.ts";
import type { ListedModel } from "../../../core/ports/wire-format.ts";
import type { Handlers, Operation } from "../admin/operation.ts";

export type ListModels = (principal: Principal) => Promise<readonly ListedModel[]>;

/** Who stands behind the models of the agent program. */
const ownProvider = "anthropic";

export const providerOperations = {
  listProviders: {
    method: "GET",
    path: "/v1/providers",
    summary: "Who serves models here, and the names of those that the key may ask for.",
    access: "any",
    answer: z.array(z.strictObject({ name: z.string(), available: z.boolean(), models: z.array(z.string()) })),
  },
  listProviderModels: {
    method: "GET",
    path: "/v1/providers/:provider/models",
    summary: "The models of one of them. Bounds of tokens are null where the provider tells of none.",
    access: "any",
    answer: z.strictObject({
      provider: z.string(),
      models: z.array(
        z.strictObject({
          name: z.string(),
          aliases: z.array(z.string()),
          display_name: z.string(),
          max_tokens: z.int().nullable(),
          context_window: z.int().nullable(),
        }),
      ),
    }),
  },
} as const satisfies Record<string, Operation>;

export function createProviderHandlers(
  listModels: ListModels,
  status: () => Pick<CompletionServiceStatus, "ready">,
): Handlers<typeof providerOperations> {
  const byProvider = async (principal: Principal): Promise<ReadonlyMap<string, readonly ListedModel[]>> =>
    Map.groupBy(await listModels(principal), ({ ownedBy = ownProvider }) => ownedBy);

  return {
    async listProviders({ principal }) {
      const { ready } = status();
      return [...(await byProvider(principal))].map(([name, models]) => ({
        name,
        available: ready,
        models: models.flatMap(({ id, aliases }) => [id, ...aliases]),
      }));
    },
    async listProviderModels({ principal, params: { provider } }) {
      const models = (await byProvider(principal)).get(provider);
      if (models === undefined)
        throw new FailureError(toFailure("not_found", "There is no such provider for this key."));
      return {
        provider,
        models: models.map(({ id, aliases, displayName }) => ({
          name: id,
          aliases: [...aliases],
          display_name: displayName,
          max_tokens: null,
          context_window: null,
        })),
      };
    },
  };
}
