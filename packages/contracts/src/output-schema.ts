import { z } from "zod";

const deepest = 64;

/** A JSON Schema of the object that a task is to give. Whether it can work is looked at where the task is made. */
export const outputSchema = z
  .record(z.string(), z.unknown())
  .refine((schema) => !isDeeper(schema, deepest), `a schema of at most ${deepest} levels`);
export type OutputSchema = z.output<typeof outputSchema>;

/** Looks no deeper than it has to: what comes from outside may be as deep as a body has room for. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
