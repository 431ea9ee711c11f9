import { runStatement } from "./start-postgres.ts";

/**
 * Ends all connections to a database from the server's side, as it looks when a node is cut off; resolves with their
 * number.
 */
export async function endConnections(url: string): Promise<number> {
  const ended = await runStatement(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  );
  return ended.length;
}
