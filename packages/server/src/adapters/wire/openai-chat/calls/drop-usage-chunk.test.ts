import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openUsageChunkFilter } from "./drop-usage-chunk.ts";

const text = (word: string) => `data: {"choices":[{"delta":{"content":${JSON.stringify(word)}}}],"usage":null}\n\n`;
const figures = 'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n';
const done = "data: [DONE]\n\n";

function filter(stream: string, cuts: readonly number[]): string {
  const bytes = Buffer.from(stream);
  const places = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((left, right) => left - right),
    bytes.length,
  ];
  const open = openUsageChunkFilter();
  const pieces = places.slice(1).map((end, index) => Buffer.from(open.push(bytes.subarray(places[index], end))));
  return Buffer.concat([...pieces, open.finish()]).toString();
}

test("the chunk of figures alone is taken out, however the bytes are split", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.array(fc.nat(5000)), (words, cuts) => {
      const said = words.map(text).join("");
      assert.equal(filter(said + figures + done, cuts), said + done);
    }),
  );
});

test("what only speaks of figures, and what has no end, goes on", () => {
  const said = text('"choices":[] "usage"') + ": a comment\n\n" + 'data: {"choices":[],"id":1}\n\n';
  assert.equal(filter(said, [3, 9]), said);
  assert.equal(filter(`${figures.replaceAll("\n", "\r\n")}data: {"cut`, [40]), 'data: {"cut');
  assert.equal(filter(figures.replace('"choices":[]', '"choices" : [ ]') + done, []), done);
});
