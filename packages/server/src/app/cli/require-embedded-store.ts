import type { Config } from "../config.ts";
import { StartError } from "../start-error.ts";

/** Throws a {@link StartError} where the store is a PostgreSQL database; `advice` says what does the same for that. */
export function requireEmbeddedStore({ database }: Pick<Config, "database">, advice: string): void {
  if (database === undefined) return;
  throw new StartError(
    `the store is a PostgreSQL database (GANTRY_DATABASE_URL, or "database" in the config file); ${advice}`,
  );
}
