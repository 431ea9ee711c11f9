import { StoreError } from "../shared/store-error.ts";

const oldestVersion = 13;

/** Throws a {@link StoreError} for a server older than Gantry's statements; `version` is what it calls itself. */
export function refuseOldServer(version: string): void {
  if (Number.parseInt(version, 10) >= oldestVersion) return;
  throw new StoreError(`PostgreSQL ${oldestVersion} or later is needed; this server is ${version}`);
}
