import { isDeep } from "../is-deep.ts";
import { isRecord } from "../check-shape.ts";

/**
 * The arguments of a tool call as the object that the Messages API has them in; undefined where the model wrote something
 * else. Models write nothing at all for a tool without parameters.
 */
export function parseArguments(text: string): Record<string, unknown> | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && !isDeep(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
