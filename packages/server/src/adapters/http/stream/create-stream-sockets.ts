import { FailureError, toFailure } from "@gantry/contracts/errors";
import { authenticate } from "../authenticate.ts";
import type { SocketEndpoint } from "../sockets/open-sockets.ts";
import { findSender } from "../sockets/opening.ts";
import { serveStreamSocket, type StreamSocketParts } from "./serve-stream-socket.ts";

/**
 * `/v1/stream`: chats and tasks as frames, several at a time over one connection. The key comes with the request for the upgrade or in the
 * first frame, never in the address, which others write down.
 */
export function createStreamSockets(parts: StreamSocketParts): SocketEndpoint {
  return {
    address: /^\/v1\/stream(?:\?|$)/,
    encodeError: parts.chat.encodeError,
    async accept(request) {
      if (/[?&](?:api[_-]?)?(?:key|token)=/i.test(request.url ?? "")) {
        const message =
          "A key is not taken from the address. Send it in the header `authorization`, or in the first frame.";
        throw new FailureError(toFailure("invalid_request", message));
      }
      const sender = findSender(request, parts.identify);
      // One that is no good is told before the connection is taken over.
      await sender?.();
      return (client) => {
        void serveStreamSocket(parts, client, {
          address: request.socket.remoteAddress ?? null,
          sender,
          toSender: (key) => () => authenticate({ "x-api-key": [key] }, parts.identify),
        });
      };
    },
  };
}
