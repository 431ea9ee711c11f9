import type { UserRange } from "../adapters/sandbox/host-users.ts";
import { StartError } from "./start-error.ts";

/** Far above what accounts, containers and system services are given by custom. */
const usual: UserRange = { first: 1_900_000_000, last: 1_900_065_535 };
/** Above ordinary accounts, below what systemd keeps for itself: for a user namespace that has few numbers. */
const small: UserRange = { first: 30_000, last: 59_999 };

/**
 * The users that programs are given: as the setting says, else the first of two ranges that lies wholly in the server's
 * own user namespace. `userMap` is the text of `/proc/self/uid_map`. Throws a {@link StartError} for a setting that cannot be.
 */
export function chooseUserRange(setting: string | undefined, userMap: string): UserRange {
  if (setting === undefined) return [usual, small].find((range) => isMapped(range, userMap)) ?? usual;
  const [, first, last] = /^(\d{1,10})-(\d{1,10})$/.exec(setting) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first === undefined || last === undefined || range.last - range.first < 99) {
    throw new StartError(
      `sandboxUsers: expected two numbers such as 1900000000-1900065535, at least 100 apart, got ${setting.slice(0, 80)}`,
    );
  }
  if (range.first < 1000 || range.last > 4_294_967_293) {
    throw new StartError(`sandboxUsers: expected numbers from 1000 to 4294967293, got ${setting.slice(0, 80)}`);
  }
  return range;
}

function isMapped({ first, last }: UserRange, userMap: string): boolean {
  return userMap.split("\n").some((line) => {
    const [inside = "", , length = ""] = line.trim().split(/\s+/);
    return line.trim() !== "" && Number(inside) <= first && last < Number(inside) + Number(length);
  });
}
