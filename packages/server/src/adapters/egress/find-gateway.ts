import type { EgressTarget } from "../../core/egress/egress-target.ts";
import type { AddedHeader, EgressParts } from "./egress-parts.ts";

const gatewayDomain = ".gantry.internal";

export interface Gateway {
  readonly url: URL;
  readonly header?: AddedHeader;
}

/** The gateway of that name inside; its name is of this server alone, whether there is one or not. */
export function findGateway({ gateways }: EgressParts, { host }: EgressTarget): Gateway | "unknown" | undefined {
  if (!host.endsWith(gatewayDomain)) return undefined;
  const name = host.slice(0, -gatewayDomain.length);
  const gateway = Object.hasOwn(gateways, name) ? gateways[name] : undefined;
  return gateway === undefined ? "unknown" : { ...gateway, url: new URL(gateway.url) };
}

/**
 * The address outside of a path inside. Steps upward are taken before the two are put together, so that none leads out of the gateway's
 * own path.
 */
export function toGatewayPath({ url }: Gateway, path: string): string {
  const inside = new URL(path, "http://inside/");
  return url.pathname.replace(/\/+$/, "") + inside.pathname + inside.search;
}
