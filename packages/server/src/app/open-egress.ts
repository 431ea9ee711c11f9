import { getCACertificates } from "node:tls";
import { createEgressDoors } from "../adapters/egress/create-egress-doors.ts";
import type { AddedHeader } from "../adapters/egress/egress-parts.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { EgressDoors } from "../core/ports/egress-door.ts";
import type { Log } from "../core/ports/log.ts";
import type { Config } from "./config.ts";
import { lookUpHost } from "./look-up-host.ts";

export interface EgressOptions {
  readonly config: Pick<Config, "egress" | "namedSecrets">;
  /** Extra certificates in PEM form. */
  readonly certificates: string | undefined;
  /** Where sockets are made, and how the names of their folders begin. */
  readonly runDirectory: string;
  readonly leftoverPrefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Builds the ways of programs behind walls to hosts outside, as the configuration has them. */
export function openEgress({
  config,
  certificates,
  runDirectory,
  leftoverPrefix,
  clock,
  log,
}: EgressOptions): EgressDoors {
  const { gateways, credentials, ...settings } = config.egress;
  const secrets = config.namedSecrets.reveal();
  return createEgressDoors({
    baseDirectory: runDirectory,
    namePrefix: leftoverPrefix,
    settings,
    gateways: Object.fromEntries(
      Object.entries(gateways).map(([name, { url, ...credential }]) => {
        const header = toHeader(credential, secrets);
        return [name, header === undefined ? { url } : { url, header }];
      }),
    ),
    credentials: credentials.flatMap(({ host, ...credential }) => {
      const header = toHeader(credential, secrets);
      return header === undefined ? [] : [{ host, header }];
    }),
    ...(certificates === undefined ? {} : { trust: [...getCACertificates("default"), certificates] }),
    resolve: lookUpHost,
    clock,
    log,
  });
}

interface HeaderSetting {
  readonly variable?: string | undefined;
  readonly header: string;
  readonly prefix: string;
}

function toHeader(
  { variable, header, prefix }: HeaderSetting,
  secrets: Readonly<Record<string, string>>,
): AddedHeader | undefined {
  const secret = variable === undefined ? undefined : secrets[variable];
  return secret === undefined ? undefined : { name: header, value: `${prefix}${secret}` };
}
