import type { ProcessSpec } from "../../core/ports/process-host.ts";
import { posix } from "node:path";

/**
 * The place of a file in a private home. `path` is relative to the home.
 * Throws a `TypeError` for one that is empty, leaves the home or is not in its plain form: driver code is at fault then.
 */
export function toHomePath(home: string, path: string): string {
  const plain = path !== "" && path !== "." && !path.includes("\0") && posix.normalize(path) === path;
  if (!plain || path.startsWith("/") || path.startsWith("../") || path === ".." || path.endsWith("/")) {
    throw new TypeError("Expected a plain path relative to the home.");
  }
  return posix.join(home, path);
}

/** The variables of `homeVariables` with whole paths. Throws as {@link toHomePath} does. */
export function toHomeVariables(home: string, { homeVariables = {} }: ProcessSpec): Record<string, string> {
  return Object.fromEntries(Object.entries(homeVariables).map(([name, path]) => [name, toHomePath(home, path)]));
}

/**
 * The same where bound folders are links: what lies in one is named by its place on the host, since the path of a socket
 * may not be long.
 */
export function toLinkedVariables(home: string, spec: ProcessSpec): Record<string, string> {
  const { homeVariables = {}, homeBinds = [] } = spec;
  const toHost = ([name, path]: [string, string]): [string, string] => {
    const bind = homeBinds.find((candidate) => path.startsWith(`${candidate.path}/`));
    return [name, bind === undefined ? toHomePath(home, path) : bind.hostPath + path.slice(bind.path.length)];
  };
  return Object.fromEntries(Object.entries(homeVariables).map(toHost));
}
