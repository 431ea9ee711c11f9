import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyRequest } from "fastify";
import type { ModelListFormat } from "../../core/ports/wire-format.ts";
import type { HttpParts } from "./http-parts.ts";

/** `GET /v1/models` and `GET /v1/models/{name}`: in Anthropic's shape where its version header is sent, else in OpenAI's. */
export function createModelRoutes(parts: HttpParts) {
  // The CLI does not say when its models were made; the server's start is a date that at least does not change.
  const created = Math.floor(parts.clock.epoch() / 1000);
  const formatOf = (request: FastifyRequest): ModelListFormat =>
    request.headers["anthropic-version"] === undefined ? parts.modelLists.openai : parts.modelLists.anthropic;

  return {
    list: async (request: FastifyRequest): Promise<unknown> =>
      formatOf(request).encodeList(await parts.listModels(request.principal), created),
    one: async (request: FastifyRequest<{ Params: { "*": string } }>): Promise<unknown> => {
      const name = request.params["*"];
      const model = formatOf(request).encodeOne(await parts.listModels(request.principal), name, created);
      if (model !== undefined) return model;
      throw new FailureError(
        toFailure("model_not_found", `The model ${JSON.stringify(name.slice(0, 80))} does not exist here.`),
      );
    },
  };
}
