import type { FastifyRequest } from "fastify";

/** Whether the client wants to be answered at once: `Prefer: respond-async`. */
export function asksForAsync({ headers }: FastifyRequest): boolean {
  return /(^|[,\s])respond-async($|[,;\s])/i.test(String(headers["prefer"] ?? ""));
}
