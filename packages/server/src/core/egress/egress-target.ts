import { normaliseHost } from "../access/match-host.ts";
import { isIpv4 } from "./judge-address.ts";

/** Where a connection is to go. */
export interface EgressTarget {
  /** Normalised, see `normaliseHost`. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` as a proxy is told it; undefined for anything that is not exactly one host and one port. A port may be missing where
 * `usualPort` says what is meant then. A name whose last label is a number would be read as an address by some programs and in other
 * ways by others: only the plain form of four decimal numbers is one here.
 */
export function parseAuthority(text: string, usualPort?: number): EgressTarget | undefined {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^[\]:]+)(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1] === undefined ? undefined : normaliseHost(parts[1]);
  const port = parts?.[2] === undefined ? usualPort : Number(parts[2]);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  const isNumber = /(^|\.)(\d+|0x[0-9a-f]*)$/.test(host);
  return isNumber && !isIpv4(host) ? undefined : { host, port };
}

/** Reads the address of a request in absolute form, `http://host/path`; undefined where it is none, or holds more than that. */
export function parseAbsoluteForm(url: string): { readonly target: EgressTarget; readonly path: string } | undefined {
  const parts = /^http:\/\/([^/?#@\\]+)([/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?$/i.exec(url);
  const target = parts?.[1] === undefined ? undefined : parseAuthority(parts[1], 80);
  if (target === undefined) return undefined;
  const path = parts?.[2] ?? "/";
  return { target, path: path.startsWith("/") ? path : `/${path}` };
}

/** A target as a `Host` header has it, and as it is shown. */
export function formatAuthority({ host, port }: EgressTarget, usualPort?: number): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return port === usualPort ? shown : `${shown}:${port}`;
}
