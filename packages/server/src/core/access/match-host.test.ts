import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { matchesHost, normaliseHost } from "./match-host.ts";

const covers = (entry: string, host: string): boolean => {
  const normal = normaliseHost(host);
  return normal !== undefined && matchesHost(normal, entry);
};

const cases: readonly [entry: string, covered: readonly string[], others: readonly string[]][] = [
  [
    "example.com",
    ["example.com", "EXAMPLE.com", "example.com."],
    ["a.example.com", "example.com.evil.com", "xexample.com"],
  ],
  ["Example.COM.", ["example.com"], ["example.co"]],
  [
    "*.example.com",
    ["a.example.com", "A.B.Example.com.", "xn--bcher-kva.example.com"],
    [
      "example.com",
      "evil-example.com",
      "evilexample.com",
      ".example.com",
      "a..example.com",
      "a.example.com.evil.com",
      "example.com.a",
    ],
  ],
  [
    "*",
    ["example.com", "10.0.0.1", "::1", "[::1]"],
    ["", ".", "a..b", "bücher.example", "a b", "a:80", "u@a", "a/b", "a\n"],
  ],
  ["[2001:DB8::1]", ["2001:db8::1", "[2001:db8::1]", "2001:db8:0::0:1"], ["2001:db8::11", "a.2001:db8::1"]],
  ["10.0.0.1", ["10.0.0.1"], ["10.0.0.10", "110.0.0.1"]],
  ["*.0.0.1", [], ["0.0.1", "10.0.0.1", "example.com"]],
];

for (const [entry, covered, others] of cases) {
  test(`the entry ${entry} covers what it says and nothing else`, () => {
    for (const host of covered) assert.ok(covers(entry, host), host);
    for (const host of others) assert.ok(!covers(entry, host), host);
  });
}

test("an entry that is no host covers nothing", () => {
  for (const entry of [
    "",
    ".",
    "*.",
    "**",
    "*com",
    "ex*mple.com",
    "*.*",
    "*.*.com",
    "a b",
    "example.com:443",
    "https://example.com",
  ]) {
    for (const host of ["example.com", "a.example.com", "com"]) assert.ok(!covers(entry, host), `${entry} ${host}`);
  }
});

test("a host of any length and content is judged without a throw", () => {
  assert.equal(normaliseHost("a".repeat(10_000_000)), undefined);
  assert.equal(normaliseHost(`${"a".repeat(63)}.example.com`), `${"a".repeat(63)}.example.com`);
  assert.equal(normaliseHost(`${"a".repeat(64)}.example.com`), undefined);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (host) => covers("*.example.com", host) === false));
});

test("below a name are exactly the names that end in it with a dot before", () => {
  const name = fc.domain();
  fc.assert(
    fc.property(name, name, (below, parent) => {
      assert.equal(covers(`*.${parent}`, `${below}.${parent}`), normaliseHost(`${below}.${parent}`) !== undefined);
      assert.ok(!covers(`*.${parent}`, `${below}-${parent}`));
      assert.ok(!covers(`*.${parent}`, parent));
    }),
  );
});
