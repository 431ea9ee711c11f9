import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openHostUsers, type UserRange } from "../adapters/sandbox/host-users.ts";
import type { HostUsers } from "../core/ports/host-users.ts";
import { chooseUserRange } from "./choose-user-range.ts";
import type { Config } from "./config.ts";
import { StartError } from "./start-error.ts";

/** The numbers that programs may be given. Throws a {@link StartError} for a setting that cannot be. */
export function toUserRange(setting: string | undefined): UserRange {
  return chooseUserRange(setting, readText("/proc/self/uid_map"));
}

/** The users of this server's programs, remembered in its data directory. Rejects with a {@link StartError}. */
export async function openSandboxUsers({
  dataDirectory,
  sandboxUsers,
}: Pick<Config, "dataDirectory" | "sandboxUsers">): Promise<HostUsers> {
  const taken = ["/etc/passwd", "/etc/group"].flatMap((file) =>
    readText(file)
      .split("\n")
      .map((line) => Number(line.split(":")[2])),
  );
  const tableFile = join(dataDirectory, "sandbox-users.json");
  try {
    return await openHostUsers({ tableFile, range: toUserRange(sandboxUsers), taken: new Set(taken) });
  } catch (cause) {
    const words = `the table of users in ${tableFile} cannot be read: move it away to have a new one made`;
    throw new StartError(words, { cause });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
