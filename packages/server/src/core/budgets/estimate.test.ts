import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { estimateReservation, nextExtension, toExtensionAmounts } from "./estimate.ts";
import { costOf, createPriceTable } from "./price-table.ts";

const million = 1_000_000;
const prices = createPriceTable([{ model: "m", input: million, output: 5 * million }]);
const price = prices.reservationPriceOf("m");

test("a request is reserved with all of its input and the first part of its answer", () => {
  assert.deepEqual(estimateReservation({ inputBytes: 3001, images: 0 }, price), {
    inputTokens: 1001,
    outputTokens: 4096,
    amounts: { micros: Math.ceil(1001 * 1.25) + 4096 * 5, tokens: 1001 + 4096 },
  });
});

test("images and what the agent adds count as input, the client's bound as output", () => {
  const estimate = estimateReservation({ inputBytes: 0, images: 2, overheadTokens: 300, maxOutputTokens: 10 }, price);
  assert.deepEqual([estimate.inputTokens, estimate.outputTokens], [3500, 10]);
});

test("a model without a price is reserved at the dearest", () => {
  const request = { inputBytes: 30_000, images: 1 };
  const unknown = estimateReservation(request, prices.reservationPriceOf("no-such-model"));
  assert.ok(
    unknown.amounts.micros >= estimateReservation(request, prices.reservationPriceOf("claude-opus-4-1")).amounts.micros,
  );
});

test("nothing is added while the reservation is well ahead, then whole steps", () => {
  assert.equal(nextExtension(4096, 0), 0);
  assert.equal(nextExtension(4096, 3 * 3072), 0);
  assert.equal(nextExtension(4096, 3 * 3072 + 1), 4096);
  // A burst that is far beyond is caught up with at once.
  assert.equal(nextExtension(4096, 3 * 20_000), 20_480);
});

test("nothing is reserved beyond the client's own bound", () => {
  assert.equal(nextExtension(4096, 3 * 4096, 5000), 904);
  assert.equal(nextExtension(5000, 3 * 5000, 5000), 0);
  assert.equal(nextExtension(6000, 3 * 6000, 5000), 0);
});

test("an extension costs what its tokens cost, at the rates of the whole prompt", () => {
  assert.deepEqual(toExtensionAmounts(price, 4096, 1000), { micros: 4096 * 5, tokens: 4096 });
  const haiku = prices.reservationPriceOf("claude-haiku-5-5");
  assert.deepEqual(toExtensionAmounts(haiku, 1000, 1000), { micros: 500, tokens: 1000 });
  assert.deepEqual(toExtensionAmounts(haiku, 1000, 200_000), { micros: 2500, tokens: 1000 });
});

const figure = fc.oneof(
  fc.nat(),
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0.5, Number.MAX_VALUE),
);

test("whatever the figures are, what is reserved is a whole number from 0", () => {
  fc.assert(
    fc.property(figure, figure, figure, figure, (inputBytes, images, maxOutputTokens, overheadTokens) => {
      const { amounts, outputTokens } = estimateReservation(
        { inputBytes, images, maxOutputTokens, overheadTokens },
        price,
      );
      const more = nextExtension(inputBytes, images, maxOutputTokens);
      const { micros, tokens } = toExtensionAmounts(price, more, inputBytes);
      for (const amount of [amounts.micros, amounts.tokens, outputTokens, more, micros, tokens]) {
        assert.ok(Number.isSafeInteger(amount) && amount >= 0, String(amount));
      }
    }),
  );
});

test("a stream that is extended whenever it is asked stays ahead of what it produced", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30_000), { maxLength: 50 }), (chunks) => {
      let reserved = 4096;
      let produced = 0;
      for (const bytes of chunks) {
        produced += bytes;
        reserved += nextExtension(reserved, produced);
        assert.ok(reserved >= produced / 3 + 1000);
        assert.ok(reserved <= produced / 3 + 6000);
      }
    }),
  );
});

test("extensions add up to no less than the cost of the whole", () => {
  const tokens = fc.nat(200_000);
  fc.assert(
    fc.property(
      fc.constantFrom("m", "claude-haiku-5-5", "claude-opus-5-5"),
      tokens,
      fc.array(fc.nat(10_000), { maxLength: 5 }),
      (model, inputTokens, steps) => {
        const of = prices.reservationPriceOf(model);
        const first = estimateReservation({ inputBytes: inputTokens * 3, images: 0 }, of);
        const reserved = steps.reduce(
          (sum, step) => sum + toExtensionAmounts(of, step, first.inputTokens).micros,
          first.amounts.micros,
        );
        const outputTokens = steps.reduce((sum, step) => sum + step, first.outputTokens);
        // Each step is rounded by itself, by less than a micro-dollar.
        assert.ok(
          reserved + steps.length >= costOf(of, { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens }),
        );
      },
    ),
  );
});
