import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatKey, parseKey, publicIdBytes, secretBytes, toPublicId } from "./key-text.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const prefixes = fc.constantFrom("gk" as const, "gr" as const);
const secret = new Uint8Array(secretBytes).fill(255);
const text = formatKey("gk", "abcdefghij27", secret);

test("a key is written as its prefix, its public part and 43 characters of secret", () => {
  assert.equal(text, `gk_abcdefghij27_${"_".repeat(42)}8`);
  assert.deepEqual(parseKey(text), { prefix: "gk", publicId: "abcdefghij27", secret: `${"_".repeat(42)}8` });
});

test("whatever is written is read back, as the bytes it was made of", () => {
  fc.assert(
    fc.property(prefixes, bytes(publicIdBytes), bytes(secretBytes), (prefix, random, secretOf) => {
      const publicId = toPublicId(random);
      const parsed = parseKey(formatKey(prefix, publicId, secretOf));
      assert.deepEqual([parsed?.prefix, parsed?.publicId], [prefix, publicId]);
      assert.deepEqual(new Uint8Array(Buffer.from(parsed?.secret ?? "", "base64url")), secretOf);
    }),
  );
});

test("no second spelling of a key is read", () => {
  const spellings = [
    ` ${text}`,
    `${text}\n`,
    `${text}=`,
    text.toUpperCase(),
    text.replace("gk_", "Gk_"),
    text.replace("gk_", "gx_"),
    text.replace("gk_", "gk-"),
    text.replace("abcdefghij27", "abcdefghij18"),
    text.replace("_", "-"),
    // The last character differs in bits that carry nothing.
    `${text.slice(0, -1)}9`,
    `${text.slice(0, -1)}-`,
    `${text.slice(0, -1)}é`,
    `${text.slice(0, -2)}𝒳`,
    `Bearer ${text}`,
  ];
  for (const spelling of spellings) assert.equal(parseKey(spelling), undefined, spelling);
});

test("texts of any length and content are refused without a throw", () => {
  for (const length of [0, 1, 3, 15, 16, 58, 60, 10_000_000]) assert.equal(parseKey("g".repeat(length)), undefined);
  assert.equal(parseKey(`${text}${"A".repeat(1_000_000)}`), undefined);
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (any) => parseKey(any) === undefined));
});

test("changing any one character gives another key or none", () => {
  const other = fc.constantFrom(..."_-abcXYZ0789 \n");
  fc.assert(
    fc.property(fc.nat(text.length - 1), other, (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      fc.pre(changed !== text);
      const parsed = parseKey(changed);
      assert.notDeepEqual(parsed, parseKey(text));
    }),
  );
});

test("parts that no key can have are a bug of the caller", () => {
  assert.throws(() => formatKey("gk", "ABCDEFGHIJ27", secret), RangeError);
  assert.throws(() => formatKey("gk", "abcdefghij27\n", secret), RangeError);
  assert.throws(() => formatKey("gk", "abcdefghij27", new Uint8Array(31)), RangeError);
  assert.throws(() => toPublicId(new Uint8Array(0)), RangeError);
});
