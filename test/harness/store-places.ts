import { startPostgres } from "./start-postgres.ts";

/** A store for a server of a test: what of its environment selects it. */
export interface StorePlace {
  readonly env: Readonly<Record<string, string>>;
  /** Once the server is gone. */
  close(): Promise<void>;
}

/** Every store that a server can have. */
export const storePlaces: readonly { readonly where: string; openPlace(): Promise<StorePlace> }[] = [
  { where: "the embedded store", openPlace: async () => ({ env: {}, close: async () => {} }) },
  {
    where: "PostgreSQL",
    async openPlace() {
      const postgres = await startPostgres();
      return { env: { GANTRY_DATABASE_URL: await postgres.createDatabase() }, close: () => postgres.stop() };
    },
  },
];
