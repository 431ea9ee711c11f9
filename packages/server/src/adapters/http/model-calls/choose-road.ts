import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyRequest } from "fastify";
import type { Road, RoadCall } from "../../../core/model-plane/choose-road.ts";

export interface RoadChooser {
  /** Which road a call of a model takes. Throws a `FailureError`. */
  chooseRoad(call: RoadCall): Road;
}

/** For clients that can set a header and no field of the body. */
const header = "x-gantry-driver";

/** Which road a request takes; `usual` is that of models that either could serve. Throws a `FailureError`. */
export function chooseRoad(roads: RoadChooser, request: FastifyRequest, usual: Road): Road {
  const { principal, rawBody: body } = request;
  return roads.chooseRoad({ body, principal, wish: readWish(request), usual });
}

function readWish({ headers }: FastifyRequest): string | undefined {
  const wish = headers[header];
  if (wish === undefined || wish === "direct" || wish === "claude") return wish;
  throw new FailureError(toFailure("invalid_request", `${header}: expected "direct" or "claude"`, { param: header }));
}
