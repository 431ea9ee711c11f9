import type { OutputFormat } from "@gantry/contracts/answer-settings";
import type { SchemaChecker } from "../ports/schema-checker.ts";
import { type OutputPlan, settleOutputFormat } from "./settle-output-format.ts";

/** Settles the format of an answer; what came lately is known. Rejects as {@link settleOutputFormat} does. */
export type SettleFormat = (format: OutputFormat) => Promise<OutputPlan>;

/** Programs ask with few schemas, and with the same ones all day. */
const mostKnown = 100;

export function createOutputPlans(schemas: SchemaChecker): SettleFormat {
  const known = new Map<string, OutputPlan>();
  return async (format) => {
    const key = format.type === "json_object" ? "" : JSON.stringify(format.schema);
    const plan = known.get(key) ?? (await settleOutputFormat(schemas, format));
    known.delete(key);
    known.set(key, plan);
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
    return plan;
  };
}
