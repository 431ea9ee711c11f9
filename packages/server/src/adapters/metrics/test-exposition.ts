import assert from "node:assert/strict";

/** One line of a figure. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** The type of each family, by its name. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value under a name and exactly these labels; undefined where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/**
 * For tests: reads Prometheus's text format 0.0.4 as strictly as its documentation words it, and fails where a line, a
 * repetition or a histogram is not as it must be.
 */
export function parseExposition(text: string): Exposition {
  assert.ok(text.endsWith("\n"), "the last line does not end");
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/.exec(line);
    if (type?.[1] !== undefined && type[2] !== undefined) {
      assert.ok(!types.has(type[1]), `${type[1]} is there twice`);
      types.set(type[1], type[2]);
    } else if (!/^# HELP [a-zA-Z_:][\w:]* \S/.test(line)) {
      const sample = parseSample(line);
      const key = toKey(sample.name, sample.labels);
      assert.ok(!seen.has(key), `${key} is there twice`);
      seen.add(key);
      samples.push(sample);
    }
  }
  for (const { name } of samples) assert.ok(types.has(familyOf(name, types)), `${name} has no type`);
  const value: Exposition["value"] = (name, labels = {}) =>
    samples.find((sample) => toKey(sample.name, sample.labels) === toKey(name, labels))?.value;
  for (const [name, type] of types) if (type === "histogram") checkHistogram(name, samples, value);
  return { types, samples, value };
}

function parseSample(line: string): Sample {
  const [, name, inside = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  assert.ok(name !== undefined && value !== undefined, `no figure: ${line}`);
  const labels: Record<string, string> = {};
  const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/y;
  while (pair.lastIndex < inside.length) {
    const [, label, text] = pair.exec(inside) ?? assert.fail(`wrong labels: ${line}`);
    assert.ok(label !== undefined && text !== undefined && !(label in labels), `a label is there twice: ${line}`);
    labels[label] = text;
  }
  assert.match(value, /^(NaN|[+-]?Inf|[+-]?\d+(\.\d+)?(e[+-]?\d+)?)$/, `no number: ${line}`);
  return { name, labels, value: Number(value) };
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const family = name.replace(/_(bucket|sum|count)$/, "");
  return types.get(family) === "histogram" ? family : name;
}

function checkHistogram(name: string, samples: readonly Sample[], value: Exposition["value"]): void {
  const last = new Map<string, { bound: number; count: number }>();
  for (const { labels, value: count } of samples.filter((sample) => sample.name === `${name}_bucket`)) {
    const { le = "", ...rest } = labels;
    const bound = le === "+Inf" ? Infinity : Number(le);
    const key = toKey(name, rest);
    const before = last.get(key) ?? { bound: -Infinity, count: 0 };
    assert.ok(bound > before.bound && count >= before.count, `the buckets of ${key} do not ascend`);
    last.set(key, { bound, count });
    if (bound === Infinity) assert.equal(value(`${name}_count`, rest), count, key);
  }
  for (const [key, { bound }] of last) assert.equal(bound, Infinity, `${key} has no endless bucket`);
}

function toKey(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(labels).toSorted()]);
}
