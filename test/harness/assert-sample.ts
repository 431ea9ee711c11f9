import assert from "node:assert/strict";

const isTime = (text: string) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text);

/**
 * Asserts that what a page shows has the shape of what really came: the same fields at every level and values of the same
 * kind. A text is the same but where the page leaves something out by `…` or shows a time; an array may be cut short.
 */
export function assertSample(shown: unknown, real: unknown, place = "sample"): void {
  if (Array.isArray(shown)) {
    assert.ok(Array.isArray(real) && real.length >= shown.length, place);
    for (const [index, item] of shown.entries()) assertSample(item, real[index], `${place}[${index}]`);
  } else if (isRecord(shown)) {
    assert.ok(isRecord(real), `${place}: ${JSON.stringify(real)}`);
    assert.deepEqual(Object.keys(shown).toSorted(), Object.keys(real).toSorted(), place);
    for (const [name, value] of Object.entries(shown)) assertSample(value, real[name], `${place}.${name}`);
  } else if (typeof shown === "string") {
    assert.ok(typeof real === "string", `${place}: ${JSON.stringify(real)}`);
    if (isTime(shown)) assert.ok(isTime(real), `${place}: ${real}`);
    else assert.match(real, toPattern(shown), place);
  } else {
    assert.equal(typeof real, typeof shown, place);
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a shown text stands for: `…` is whatever was left out. */
export function toPattern(shown: string): RegExp {
  const escape = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(`^${shown.split("…").map(escape).join(".+")}$`, "s");
}
