import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { noUsage } from "@gantry/contracts/completion";
import { priceEntries, type PriceEntry } from "@gantry/contracts/prices";
import { costOf, createPriceTable, type Price } from "./price-table.ts";
import { builtInPrices } from "./prices.ts";

const table = createPriceTable();
const million = 1_000_000;

function mustFind(model: string, prices = table): Price {
  const price = prices.priceOf(model);
  assert.ok(price !== undefined, `${model} has no price`);
  return price;
}

test("the built-in prices are what the contract takes, each model once", () => {
  assert.deepEqual(priceEntries.parse(builtInPrices), builtInPrices);
  assert.equal(new Set(builtInPrices.map(({ model }) => model)).size, builtInPrices.length);
});

const dollars: readonly [
  model: string,
  input: number,
  output: number,
  read: number,
  write5m: number,
  write1h: number,
][] = [
  ["claude-opus-5-5", 4, 20, 0.2, 5, 8],
  ["claude-sonnet-5-5", 2, 10, 0.1, 2.5, 4],
  ["claude-haiku-5-5", 0.1, 0.5, 0.01, 0.125, 0.2],
  ["claude-fable-5-2", 8, 40, 0.2, 10, 16],
  ["claude-opus-4-8", 5, 25, 0.5, 6.25, 10],
  ["claude-sonnet-4-6", 3, 15, 0.3, 3.75, 6],
  ["claude-haiku-4-5", 1, 5, 0.1, 1.25, 2],
  ["claude-3-5-haiku", 0.8, 4, 0.08, 1, 1.6],
];

for (const [model, input, output, read, write5m, write1h] of dollars) {
  test(`a million tokens of ${model} cost what the vendor's list says`, () => {
    const price = { ...mustFind(model), longPrompt: undefined };
    const { longPrompt: _, ...rates } = price;
    assert.equal(costOf(rates, { ...noUsage, inputTokens: million }), input * million);
    assert.equal(costOf(rates, { ...noUsage, outputTokens: million }), output * million);
    assert.equal(costOf(rates, { ...noUsage, cacheReadTokens: million }), read * million);
    assert.equal(costOf(rates, { ...noUsage, cacheWriteTokens: million }), write5m * million);
    assert.equal(
      costOf(rates, { ...noUsage, cacheWriteTokens: million, cacheWrite1hTokens: million }),
      write1h * million,
    );
  });
}

test("a model is found under the names that providers and releases give it", () => {
  const price = mustFind("claude-opus-4-1");
  for (const name of [
    "claude-opus-4-1-20250805",
    "claude-opus-4-1@20250805",
    "claude-opus-4-1[1m]",
    "anthropic.claude-opus-4-1-20250805-v1:0",
    "us.anthropic.claude-opus-4-1-20250805-v1:0",
    "global.anthropic.claude-opus-4-1",
  ]) {
    assert.deepEqual(mustFind(name), price, name);
  }
  assert.deepEqual(mustFind("claude-opus-4-20250514"), mustFind("claude-opus-4-0"));
});

test("a model that nobody priced is unpriced, however near its name", () => {
  for (const model of [
    "",
    "claude-opus-6",
    "claude-opus-5-6",
    "claude-opus-5-5-turbo",
    "xclaude-opus-5-5",
    "gpt-5",
    "__proto__",
    "constructor",
    "x".repeat(1_000_000),
  ]) {
    assert.equal(table.priceOf(model), undefined, model.slice(0, 40));
  }
});

test("what has no price is reserved at the dearest rates there are", () => {
  const dearest = table.reservationPriceOf("no-such-model");
  for (const { model } of builtInPrices) {
    const price = mustFind(model);
    for (const rates of [price, price.longPrompt ?? price]) {
      for (const rate of ["input", "output", "cacheRead", "cacheWrite5m", "cacheWrite1h"] as const)
        assert.ok(dearest[rate] >= rates[rate]);
    }
  }
  assert.deepEqual(table.reservationPriceOf("claude-opus-5-5"), mustFind("claude-opus-5-5"));
  const own = createPriceTable([{ model: "gold", input: 900 * million, output: 1 }]);
  assert.equal(own.reservationPriceOf("no-such-model").input, 900 * million);
});

test("entries of a config file go before the built-in ones, the more exact before the wider", () => {
  const configured: PriceEntry[] = [
    { model: "claude-opus-*", input: 1, output: 1 },
    { model: "claude-opus-5-5", input: 2, output: 2 },
    { model: "claude-opus-5-*", input: 3, output: 3 },
    { model: "local/*", input: 0, output: 0 },
    { model: "a.b*", input: 4, output: 4 },
  ];
  const prices = createPriceTable(configured);
  const inputs = [
    "claude-opus-4-8",
    "claude-opus-5-5",
    "claude-opus-5-9",
    "claude-opus-5",
    "local/llama",
    "local/",
    "a.b",
    "axb",
    "claude-sonnet-5-5",
  ];
  assert.deepEqual(
    inputs.map((model) => prices.priceOf(model)?.input),
    [1, 2, 3, 1, 0, 0, 4, undefined, 2 * million],
  );
});

test("cache rates that a config file leaves out follow from the input", () => {
  const { cacheRead, cacheWrite5m, cacheWrite1h } = mustFind(
    "m",
    createPriceTable([{ model: "m", input: 101, output: 0 }]),
  );
  assert.deepEqual([cacheRead, cacheWrite5m, cacheWrite1h], [11, 127, 202]);
});

test("a prompt above the bound costs the long rates for the whole request, caches included", () => {
  const price = mustFind("claude-haiku-5-5");
  assert.equal(costOf(price, { ...noUsage, inputTokens: 100_000, outputTokens: 1000 }), 10_000 + 500);
  assert.equal(costOf(price, { ...noUsage, inputTokens: 100_001, outputTokens: 1000 }), 50_001 + 2500);
  assert.equal(
    costOf(price, { inputTokens: 1, cacheReadTokens: 50_000, cacheWriteTokens: 50_000, outputTokens: 0 }),
    33_751,
  );
});

test("a fraction of a micro-dollar is rounded up, once for the sum", () => {
  const price = mustFind("m", createPriceTable([{ model: "m", input: 1, output: 1, cacheRead: 1 }]));
  assert.equal(costOf(price, { ...noUsage, inputTokens: 1 }), 1);
  assert.equal(costOf(price, { ...noUsage, inputTokens: 1, outputTokens: 1, cacheReadTokens: 1 }), 1);
  assert.equal(costOf(price, noUsage), 0);
});

const figure = fc.oneof(
  fc.nat(),
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0.5, Number.MAX_VALUE),
);
const anyUsage = fc.record({
  inputTokens: figure,
  cacheReadTokens: figure,
  cacheWriteTokens: figure,
  outputTokens: figure,
  cacheWrite1hTokens: figure,
});

test("a cost is a whole number from 0 that can be counted, whatever the figures are", () => {
  fc.assert(
    fc.property(fc.constantFrom(...builtInPrices), anyUsage, ({ model }, usage) => {
      const cost = costOf(mustFind(model), usage);
      assert.ok(Number.isSafeInteger(cost) && cost >= 0, String(cost));
    }),
  );
});

test("more tokens never cost less", () => {
  const tokens = fc.nat(10_000_000);
  const usage = fc.record({
    inputTokens: tokens,
    cacheReadTokens: tokens,
    cacheWriteTokens: tokens,
    outputTokens: tokens,
  });
  const kind = fc.constantFrom("inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens");
  fc.assert(
    fc.property(fc.constantFrom(...builtInPrices), usage, kind, tokens, ({ model }, before, more, by) => {
      const after = { ...before, [more]: before[more] + by };
      assert.ok(costOf(mustFind(model), after) >= costOf(mustFind(model), before));
    }),
  );
});
