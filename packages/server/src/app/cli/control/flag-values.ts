import { expectedTime, readTime } from "../../../core/control/read-time.ts";
import type { Flags } from "../../config.ts";
import { FlagError } from "./flag-error.ts";

/** Values of flags. Each gives undefined where the flag is not there, and throws a {@link FlagError} for what it cannot be. */

export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

export function countFlag(flags: Flags, name: string): number | undefined {
  return convert(flags, name, "a whole number", (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined));
}

/** US dollars, in millionths of one. */
export function dollarsFlag(flags: Flags, name: string): number | undefined {
  return convert(flags, name, "US dollars such as 12.50", (text) => {
    const [, whole, fraction = ""] = /^\$?(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text) ?? [];
    return whole === undefined ? undefined : Number(whole) * 1_000_000 + Number(fraction.padEnd(6, "0"));
  });
}

export function onOffFlag(flags: Flags, name: string): boolean | undefined {
  return convert(flags, name, "on or off", (text) => (text === "on" ? true : text === "off" ? false : undefined));
}

export function listFlag(flags: Flags, name: string): string[] | undefined {
  return convert(flags, name, "names with commas between", (text) => {
    const names = text.split(",").map((word) => word.trim());
    return names.includes("") ? undefined : names;
  });
}

export function pairsFlag(flags: Flags, name: string): Record<string, string> | undefined {
  return convert(flags, name, "NAME=VALUE with commas between", (text) => {
    if (text === "") return {};
    const pairs = text.split(",").map((pair) => [pair.split("=")[0] ?? "", pair.slice(pair.indexOf("=") + 1)] as const);
    return pairs.some(([key]) => key === "") || !text.split(",").every((pair) => pair.includes("="))
      ? undefined
      : Object.fromEntries(pairs);
  });
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time such as `30d`, in milliseconds. */
export function durationFlag(flags: Flags, name: string): number | undefined {
  return convert(flags, name, "a length of time such as 90s, 15m, 12h or 30d", readDuration);
}

/** A time, or a length of time from now on (`ahead`) or back. In epoch milliseconds. */
export function timeFlag(flags: Flags, name: string, now: number, side: "ahead" | "back"): number | undefined {
  return convert(flags, name, `a length of time such as 30d, or ${expectedTime}`, (text) => {
    const length = readDuration(text);
    if (length === undefined) return readTime(text);
    return side === "ahead" ? now + length : Math.max(0, now - length);
  });
}

function readDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (unitMs[unit] ?? 0);
}

function convert<Value>(
  flags: Flags,
  name: string,
  expected: string,
  read: (text: string) => Value | undefined,
): Value | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const value = read(text);
  if (value === undefined) throw new FlagError(name, expected, text);
  return value;
}
