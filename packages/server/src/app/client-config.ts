import { readFile } from "node:fs/promises";
import { BlockList, isIP } from "node:net";
import { join } from "node:path";
import { type ConfigSources, readConfig } from "./config.ts";
import { createSecret, type Secret } from "./secret.ts";
import { describeSystemError, StartError } from "./start-error.ts";

/** Where a command of the control plane finds its server. */
export interface ClientConfig {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: Secret<string>;
}

const usualUrl = "http://127.0.0.1:8006";
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Reads `--url` or `GANTRY_URL`, and the key of `GANTRY_API_KEY` or else of the data directory. Throws a {@link StartError} that names
 * the setting to change.
 */
export async function readClientConfig(sources: ConfigSources): Promise<ClientConfig> {
  const flag = sources.flags["url"];
  const [source, given] =
    typeof flag === "string" ? ["--url", flag] : ["GANTRY_URL", sources.env["GANTRY_URL"]?.trim() || usualUrl];
  const url = readUrl(source, given);
  const key = sources.env["GANTRY_API_KEY"]?.trim() || (await readAdminKey(url, sources));
  // Anything else cannot stand in a header.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new StartError("GANTRY_API_KEY holds something that is no key");
  return { url: url.href.replace(/\/+$/, ""), key: createSecret(key) };
}

function readUrl(source: string, given: string): URL {
  const url = URL.parse(given);
  const plain = url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (plain && /^https?:$/.test(url.protocol)) return url;
  throw new StartError(`${source}: expected an address such as ${usualUrl}, got ${JSON.stringify(given.slice(0, 80))}`);
}

/** The admin key opens the server of this machine; it is never sent to another. */
async function readAdminKey(url: URL, sources: ConfigSources): Promise<string> {
  if (!isLoopback(url.hostname)) {
    throw new StartError(`${url.origin} is not this machine: set GANTRY_API_KEY to a key of that server`);
  }
  const { data, config } = sources.flags;
  const flags = { ...(data !== undefined && { data }), ...(config !== undefined && { config }) };
  const { dataDirectory } = readConfig({ ...sources, flags });
  const file = join(dataDirectory, "admin.key");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    const advice = "start the server once, name its data directory with --data, or set GANTRY_API_KEY";
    throw new StartError(`the admin key ${file} cannot be read: ${describeSystemError(cause)}; ${advice}`, { cause });
  }
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) === 0) return host === "localhost";
  return loopback.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
