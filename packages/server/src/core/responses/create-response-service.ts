import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import type { DecodedResponse, ResponseBody, ResponseItem } from "../ports/responses-format.ts";
import { createRepeats } from "../upkeep/create-repeats.ts";
import { createBackgroundResponses, type BackgroundResponses } from "./background-responses.ts";
import { createResponseFinder, quoteId, toMissingResponse } from "./find-response.ts";
import { keepResponse, type NewResponse } from "./keep-response.ts";
import { readConversation, type Conversation } from "./read-conversation.ts";
import type { ResponseParts } from "./response-parts.ts";
import type { ResponseRecord } from "./response-record.ts";

/** Clients' responses, as they are kept for the project of the key that asked for them. All reject with a `FailureError`. */
export interface ResponseService {
  /** Makes the id of a new response, and reads what its request builds on. */
  open(principal: Principal, request: Pick<DecodedResponse, "previousId" | "references">): Promise<Conversation>;
  /** It is in the store when this resolves. */
  keep(made: Omit<NewResponse, "leaseUntil">): Promise<void>;
  /** Keeps a response that is still to be made, and makes it. */
  makeLater(made: Omit<NewResponse, "leaseUntil">, work: (signal: AbortSignal) => Promise<ResponseBody>): Promise<void>;
  get(principal: Principal, id: string, include: readonly string[]): Promise<ResponseBody>;
  /** The input of a response alone, without what came before it. */
  listInput(principal: Principal, id: string): Promise<readonly ResponseItem[]>;
  /** Twice is once. */
  remove(principal: Principal, id: string): Promise<void>;
  /** Of one that is made in the background. */
  cancel(principal: Principal, id: string): Promise<ResponseBody>;
}

export interface Responses extends Pick<BackgroundResponses, "start" | "idle" | "stop"> {
  readonly service: ResponseService;
}

const mostSwept = 500;

export function createResponses(parts: ResponseParts): Responses {
  const { store, format, clock, limits } = parts;
  const finder = createResponseFinder(parts);
  const background = createBackgroundResponses(parts);
  const repeats = createRepeats(parts, "responses");

  async function find(principal: Principal, id: string): Promise<ResponseRecord> {
    const record = await finder.find(principal, id);
    if (record === undefined) throw toMissingResponse(id);
    return record;
  }
  async function sweep(): Promise<void> {
    while ((await store.sweep(clock.epoch(), mostSwept)) === mostSwept);
  }

  const service: ResponseService = {
    open: async (principal, request) => await readConversation(parts, finder, principal, format.createId(), request),
    keep: async (made) => await keepResponse(parts, made),
    async makeLater(made, work) {
      await keepResponse(parts, { ...made, leaseUntil: clock.epoch() + limits.leaseMs });
      background.run(made.body, work);
    },
    async get(principal, id, include) {
      return format.show((await find(principal, id)).body, include);
    },
    async listInput(principal, id) {
      return (await find(principal, id)).input;
    },
    async remove(principal, id) {
      const stored = await store.get(id);
      if (stored === undefined || !finder.isVisible(principal, stored)) throw toMissingResponse(id);
      await store.remove(id);
      background.abort(id);
    },
    async cancel(principal, id) {
      const { body, stored } = await find(principal, id);
      if (body["background"] !== true) throw refuse("Cannot cancel a synchronous response.");
      if (stored.state === "running") {
        const cancelled = format.close(body, "cancelled");
        if (await store.end(id, JSON.stringify(cancelled))) {
          background.abort(id);
          return format.show(cancelled, []);
        }
      }
      const ended = stored.state === "running" ? (await find(principal, id)).body : body;
      if (ended.status === "cancelled") return format.show(ended, []);
      throw refuse(`Cannot cancel a ${ended.status} response: ${quoteId(id)} is over.`);
    },
  };

  return {
    service,
    start() {
      background.start();
      repeats.add("the sweep", limits.sweepMs, sweep);
    },
    idle: background.idle,
    async stop() {
      repeats.stop();
      await background.stop();
    },
  };
}

function refuse(message: string): FailureError {
  return new FailureError(toFailure("invalid_request", message));
}
