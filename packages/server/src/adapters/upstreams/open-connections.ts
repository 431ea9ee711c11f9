import { X509Certificate } from "node:crypto";
import { Socket } from "node:net";
import { getCACertificates } from "node:tls";
import type { UpstreamEntry } from "@gantry/contracts/upstreams";
import { buildConnector, EnvHttpProxyAgent, Pool, type Dispatcher } from "undici";

/** Proxies as the variables of the same names have them; this machine itself is reached without. */
export interface ConnectionSettings {
  /** For upstreams without TLS. */
  readonly httpProxy?: string | undefined;
  /** For upstreams with TLS. */
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
  /** PEM text of certificates to trust besides the system's. */
  readonly certificates?: string | undefined;
}

export interface Connections {
  readonly dispatcher: Dispatcher;
  /** Ends all, those too that are being opened. May be called twice. */
  end(): Promise<void>;
}

/**
 * How long an idle connection is kept where the upstream does not say. Some small servers close after 5 s without
 * saying so; what is reached over TLS stands behind servers that keep them longer, and a handshake costs more.
 */
const idleMs = { "http:": 4_000, "https:": 30_000 };

const thisMachine = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Kept connections to one upstream, at most as many as calls may run at one time. HTTP/1.1 alone: there an exchange that
 * is broken off ends its connection, and no other exchange with it. Throws where a certificate or the proxy's address
 * cannot be read.
 */
export function openConnections(entry: UpstreamEntry, settings: ConnectionSettings): Connections {
  const { origin, protocol, hostname } = new URL(entry.baseUrl);
  const isSecure = protocol === "https:";
  const options = {
    connections: entry.maxConcurrent,
    connectTimeout: entry.connectMs,
    keepAliveTimeout: idleMs[isSecure ? "https:" : "http:"],
    allowH2: false,
    pipelining: 1,
  } as const;
  const proxy = isSecure ? settings.httpsProxy : settings.httpProxy;
  const trust = toTrust(settings.certificates);
  if (proxy === undefined || proxy === "" || thisMachine.test(hostname)) return openPool(origin, options, trust);
  const dispatcher = new EnvHttpProxyAgent({
    ...options,
    // Each is given: what is left out would be read from the environment.
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy: settings.noProxy ?? "",
    connect: { ...trust, timeout: entry.connectMs },
    requestTls: trust,
    proxyTls: trust,
  });
  return { dispatcher, end: () => dispatcher.destroy() };
}

/** A pool does not end connections that are still being opened; so they are counted here. */
function openPool(origin: string, options: Pool.Options & { connectTimeout: number }, trust: Trust): Connections {
  const connect = buildConnector({ ...trust, allowH2: false, timeout: options.connectTimeout });
  const sockets = new Set<Socket>();
  const pool = new Pool(origin, {
    ...options,
    connect(target, callback) {
      // Declared as nothing, but the socket is what it returns.
      const socket: unknown = connect(target, callback);
      if (!(socket instanceof Socket)) return;
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    },
  });
  return {
    dispatcher: pool,
    async end() {
      const destroyed = pool.destroy();
      for (const socket of sockets) socket.destroy();
      await destroyed;
    },
  };
}

interface Trust {
  readonly ca?: string[];
}

/** TLS itself would take a text without a certificate for an empty list. */
function toTrust(certificates: string | undefined): Trust {
  if (certificates === undefined) return {};
  const extra = certificates.match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs) ?? [];
  if (extra.length === 0) throw new Error("expected certificates as PEM text, found none");
  for (const certificate of extra) new X509Certificate(certificate);
  return { ca: [...getCACertificates("default"), ...extra] };
}
