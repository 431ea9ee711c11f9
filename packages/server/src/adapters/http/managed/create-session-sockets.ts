import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { IncomingMessage } from "node:http";
import { type Principal, requireScope } from "../../../core/access/principal.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import { authenticate } from "../authenticate.ts";
import type { SocketEndpoint } from "../sockets/open-sockets.ts";
import { findSender } from "../sockets/opening.ts";
import { serveSessionSocket } from "./serve-session-socket.ts";

export interface SessionSocketParts extends Pick<SocketEndpoint, "encodeError"> {
  readonly sessions: SessionService;
  identify(key: string): Promise<Principal | undefined>;
  /** How long a client may take nothing. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const address = /^\/v1\/sessions\/([^/?]{1,200})\/ws(?:\?|$)/;

/**
 * `/v1/sessions/{id}/ws`: the events of a session out and a client's events in. The key comes with the request for the upgrade, or
 * in the first frame, since browsers can send no header.
 */
export function createSessionSockets(parts: SessionSocketParts): SocketEndpoint {
  return {
    address,
    encodeError: parts.encodeError,
    async accept(request) {
      const id = toSessionId(request);
      const admit = async (sender: Promise<Principal>): Promise<Principal> => {
        const principal = await sender;
        refuseUnfit(principal);
        // What it may not see is told before anything is streamed.
        await parts.sessions.get(principal, id);
        return principal;
      };
      const sender = findSender(request, parts.identify);
      const principal = sender && (await admit(sender()));
      return (client) => {
        void serveSessionSocket(parts, client, {
          id,
          address: request.socket.remoteAddress ?? null,
          query: new URL(request.url ?? "", "http://gantry").searchParams,
          principal,
          admit: (key) => admit(authenticate({ "x-api-key": [key] }, parts.identify)),
        });
      };
    },
  };
}

function toSessionId({ url = "" }: IncomingMessage): string {
  try {
    return decodeURIComponent(address.exec(url)?.[1] ?? "");
  } catch (cause) {
    throw new FailureError(toFailure("invalid_request", "The address cannot be read."), { cause });
  }
}

function refuseUnfit(principal: Principal): void {
  const refusal =
    principal.runId === undefined
      ? requireScope(principal, "sessions")
      : toFailure("insufficient_scope", "The token of a run is good for calls of models alone: POST /v1/messages.");
  if (refusal !== undefined) throw new FailureError(refusal);
}
