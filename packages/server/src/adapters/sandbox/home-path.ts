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
