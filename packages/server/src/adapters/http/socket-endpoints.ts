import type { HttpParts } from "./http-parts.ts";
import { createSessionSockets } from "./managed/create-session-sockets.ts";
import type { SocketEndpoint } from "./sockets/open-sockets.ts";
import { createStreamSockets } from "./stream/create-stream-sockets.ts";

/** Every address at which a connection is taken over. `begin` counts work under way. */
export function createSocketEndpoints(parts: HttpParts, begin: () => () => void): readonly SocketEndpoint[] {
  const { sessions } = parts.managed;
  return [
    createSessionSockets({ ...parts, sessions, encodeError: parts.encodeAnthropicError }),
    createStreamSockets({ ...parts, sessions, begin }),
  ];
}
