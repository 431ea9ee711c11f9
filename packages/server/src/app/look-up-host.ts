import { lookup } from "node:dns/promises";

/** All addresses of a name, as this machine resolves it. Rejects where there are none. */
export async function lookUpHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
