import pg from "pg";

/** How long to wait for a connection, and for any answer. */
const connectMs = 5_000;
const answerMs = 30_000;

const bigint: number = pg.types.builtins.INT8;

/** 64-bit integers become numbers, for these connections alone; what Gantry stores is safe in them. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === bigint && format !== "binary" ? Number : pg.types.getTypeParser(oid, format),
};

/** Settings of every connection that serves requests: one that hangs is given up after {@link answerMs}. */
export function toConnectionSettings(url: string): pg.ClientConfig {
  return { ...toPatientSettings(url), query_timeout: answerMs };
}

/** The same for what may take its time, as migrations do. */
export function toPatientSettings(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    fallback_application_name: "gantry",
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    types,
  };
}
