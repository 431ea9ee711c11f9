import type { EgressSettings } from "@gantry/contracts/egress";
import type { UpstreamEntries } from "@gantry/contracts/upstreams";
import type { Environment } from "./config.ts";
import { StartError } from "./start-error.ts";

/** A variable that a setting names, and which entry of it does. */
export interface NamedSecret {
  readonly setting: string;
  readonly entry: string;
  readonly variable: string;
}

/** Reads the secrets that settings name, by the names of their variables. Throws a {@link StartError} for one that is not set. */
export function readNamedSecrets(named: readonly NamedSecret[], env: Environment): Readonly<Record<string, string>> {
  const found = named.map(({ setting, entry, variable }): [string, string] => {
    const secret = env[variable]?.trim();
    if (secret === undefined || secret === "") {
      throw new StartError(`${setting}: ${entry} takes its key from ${variable}, which is not set in the environment`);
    }
    return [variable, secret];
  });
  return Object.freeze(Object.fromEntries(found));
}

export function listUpstreamKeys(upstreams: UpstreamEntries): readonly NamedSecret[] {
  return Object.entries(upstreams).flatMap(([entry, { keys }]) =>
    keys.map((variable) => ({ setting: "upstreams", entry, variable })),
  );
}

export function listEgressSecrets({ gateways, credentials }: EgressSettings): readonly NamedSecret[] {
  const entries = [...Object.entries(gateways), ...credentials.map((entry) => [entry.host, entry] as const)];
  return entries.flatMap(([entry, { variable }]) =>
    variable === undefined ? [] : [{ setting: "egress", entry, variable }],
  );
}
