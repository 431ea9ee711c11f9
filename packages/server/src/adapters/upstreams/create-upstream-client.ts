import type { Clock } from "../../core/ports/clock.ts";
import type { Upstream, UpstreamClient } from "../../core/ports/upstream-client.ts";
import { exchange } from "./exchange.ts";
import { openConnections, type Connections, type ConnectionSettings } from "./open-connections.ts";
import { toRequestHeaders } from "./request-headers.ts";

export interface UpstreamClientParts extends ConnectionSettings {
  /** All that may ever be called. */
  readonly upstreams: readonly Upstream[];
  readonly clock: Clock;
}

interface Road extends Connections {
  readonly upstream: Upstream;
  readonly origin: string;
  /** Path of the base URL, without a slash at its end. */
  readonly basePath: string;
}

/** Throws where a base URL, a proxy's address or a certificate cannot be read. */
export function createUpstreamClient({ upstreams, clock, ...settings }: UpstreamClientParts): UpstreamClient {
  const roads = new Map(upstreams.map((upstream) => [upstream.name, openRoad(upstream, settings)]));

  return {
    async send({ upstream, credential, path, method, headers, body, signal }) {
      const road = roads.get(upstream.name);
      if (road === undefined) throw new Error(`${upstream.name} is no configured upstream`);
      const { entry, usesBearer } = road.upstream;
      if (!path.startsWith("/")) throw new Error("the path of a request begins with a slash");
      return await exchange({
        dispatcher: road.dispatcher,
        options: {
          origin: road.origin,
          path: road.basePath + path,
          method,
          headers: toRequestHeaders({ kind: entry.kind, usesBearer }, headers, credential),
          body: body ?? null,
          // The deadlines are kept here, to the millisecond.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        waits: entry,
        clock,
        signal,
      });
    },
    async stop() {
      await Promise.all([...roads.values()].map((road) => road.end()));
    },
  };
}

function openRoad(upstream: Upstream, settings: ConnectionSettings): Road {
  const { origin, pathname } = new URL(upstream.entry.baseUrl);
  return {
    upstream,
    origin,
    basePath: pathname.replace(/\/+$/, ""),
    ...openConnections(upstream.entry, settings),
  };
}
