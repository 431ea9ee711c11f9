import { publish, readFlags, UsageError } from "../command-line.ts";
import { toRoutingBounds, workOutFigures } from "./routing-figures.ts";
import { toRoutingReport } from "./routing-report.ts";

/** Works the report out and prints it. A bound that is missed is a row of the report, not a failure. */
export async function routingCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(args, { report: { type: "string" }, json: { type: "string" } });
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not expected here`);
  const figures = workOutFigures();
  const date = new Date().toISOString().slice(0, 10);
  await publish(toRoutingReport(figures, date), { date, bounds: toRoutingBounds(figures), ...figures }, values);
  return 0;
}
