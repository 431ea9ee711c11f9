import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { chatSamples } from "./chat-samples.ts";
import type { DialectSamples, Sample } from "./dialect-samples.ts";
import { messagesSamples } from "./messages-samples.ts";
import { responsesSamples } from "./responses-samples.ts";

const dialects: readonly DialectSamples[] = [chatSamples, messagesSamples, responsesSamples];
const standings = ["honoured", "approximated", "ignored", "refused"] as const;
type Standing = (typeof standings)[number];

const page = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");
const [preface = "", ...sections] = page.split(/^## /m);
const titleOf = (section: string): string => section.split("\n", 1)[0] ?? "";
const isStanding = (word: string): word is Standing => (standings as readonly string[]).includes(word);

function readTable(section: string): readonly (readonly [parameter: string, standing: Standing])[] {
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [, parameter = "", standing = ""] = /^\| `([^`]+)` \| (\w+) \|/.exec(line) ?? [];
      assert.ok(isStanding(standing), line);
      return [parameter, standing] as const;
    });
}

/** What the server makes of a sample that is put over the plain body. */
function findStanding({ decode, plain }: DialectSamples, parameter: string, sample: Sample): string {
  const { beside = {}, set, told = parameter } = sample;
  const result = decode({ ...plain, ...beside, ...set });
  if (!result.ok) return `refused as ${result.failure.param === told ? "said" : result.failure.param}`;
  const base = decode({ ...plain, ...beside });
  assert.ok(base.ok && base.ignored.length === 0, "the body without it is served as it is");
  const isNamed = result.ignored.some((name) => name === told);
  const hasEffect = !isDeepStrictEqual(result.decoded, base.decoded);
  return `${hasEffect ? "with" : "without"} effect${isNamed ? ", named as ignored" : ""}`;
}

const expected: Readonly<Record<Standing, string>> = {
  honoured: "with effect",
  approximated: "with effect",
  ignored: "without effect, named as ignored",
  refused: "refused as said",
};

test("the page has a section for each dialect, and explains its words", () => {
  assert.deepEqual(
    sections.map(titleOf),
    dialects.map(({ title }) => title),
  );
  for (const standing of standings) assert.ok(preface.includes(`| ${standing} |`), standing);
});

for (const dialect of dialects) {
  const table = readTable(sections.find((section) => titleOf(section) === dialect.title) ?? "");

  test(`every parameter of "${dialect.title}" stands once in its table`, () => {
    const names = table.map(([parameter]) => parameter);
    assert.deepEqual(names.toSorted(), Object.keys(dialect.samples).toSorted());
  });

  for (const [parameter, standing] of table) {
    test(`${dialect.title}: ${parameter} is ${standing}`, () => {
      const sample = dialect.samples[parameter];
      assert.ok(sample !== undefined, "it has no sample");
      const found = findStanding(dialect, parameter, sample);
      assert.equal(found, expected[standing]);
    });
  }
}
