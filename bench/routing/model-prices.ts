import { createPriceTable, type Price, type PriceTable } from "../../packages/server/src/core/budgets/price-table.ts";

/** What `haiku`, `sonnet` and `opus` stand for in Claude Code 2.1.328. */
export const modelIds: ReadonlyMap<string, string> = new Map([
  ["haiku", "claude-haiku-5-5"],
  ["sonnet", "claude-sonnet-5-5"],
  ["opus", "claude-opus-5-5"],
]);

/** The prices that Gantry bills by. */
export const builtInTable: PriceTable = createPriceTable();

/** The former service's own table, by which its claim was made. */
export const formerTable: PriceTable = createPriceTable([
  { model: "claude-haiku-5-5", input: 250_000, output: 1_250_000 },
  { model: "claude-sonnet-5-5", input: 3_000_000, output: 15_000_000 },
  { model: "claude-opus-5-5", input: 15_000_000, output: 75_000_000 },
]);

/** Throws for a model without a price: a saving must not be made of one that is unknown. */
export function findPrice(table: PriceTable, model: string): Price {
  const price = table.priceOf(modelIds.get(model) ?? model);
  if (price === undefined) throw new Error(`the model ${model} has no price`);
  return price;
}
