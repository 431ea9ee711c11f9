import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireScope } from "../../../core/access/principal.ts";
import type { HttpParts } from "../http-parts.ts";
import { pageItems, readInclude, readPage } from "./response-queries.ts";
import { createResponsesRoute } from "./serve-responses.ts";

interface ById {
  readonly Params: { readonly id: string };
  readonly Querystring: Readonly<Record<string, unknown>>;
}

/** The Responses API, as OpenAI's clients speak it. */
export function addResponseRoutes(app: FastifyInstance, parts: HttpParts): void {
  const { service } = parts.responses;
  app.post("/v1/responses", { config: { keepsBytes: true } }, createResponsesRoute(parts));

  app.get<ById>("/v1/responses/:id", async (request) => {
    const principal = permit(request);
    const { stream } = request.query;
    if (stream !== undefined && stream !== "false") {
      const sentence = "stream: a response that was made is given whole; leave the field out";
      throw new FailureError(toFailure("unsupported_feature", sentence, { param: "stream" }));
    }
    return await service.get(principal, request.params.id, readInclude(request.query));
  });
  app.delete<ById>("/v1/responses/:id", async (request) => {
    const { id } = request.params;
    await service.remove(permit(request), id);
    return { id, object: "response", deleted: true };
  });
  app.post<ById>(
    "/v1/responses/:id/cancel",
    { config: { mayBeEmpty: true } },
    async (request) => await service.cancel(permit(request), request.params.id),
  );
  app.get<ById>("/v1/responses/:id/input_items", async (request) => {
    const page = readPage(request.query);
    const items = await service.listInput(permit(request), request.params.id);
    return pageItems(items, page, readInclude(request.query));
  });
}

function permit({ principal }: FastifyRequest): FastifyRequest["principal"] {
  const lacking = requireScope(principal, "inference");
  if (lacking !== undefined) throw new FailureError(lacking);
  return principal;
}
