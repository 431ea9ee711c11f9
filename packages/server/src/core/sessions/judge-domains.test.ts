import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeDomains, type DomainLists } from "./judge-domains.ts";

const fetches = (lists: DomainLists, url: unknown): boolean =>
  judgeDomains(lists, { tool: "WebFetch", input: { url } }) === undefined;
const searches = (lists: DomainLists, input: Record<string, unknown>): boolean =>
  judgeDomains(lists, { tool: "WebSearch", input: { query: "x", ...input } }) === undefined;

test("a tool without lists asks whatever it wants", () => {
  assert.ok(fetches({}, "https://example.com/"));
  assert.ok(fetches({}, 7));
});

test("a fetch keeps to the allowed domains and their subdomains, however its address is written", () => {
  const lists = { allowed_domains: ["example.com", "Docs.test"] };
  for (const url of [
    "https://example.com/",
    "http://a.b.EXAMPLE.com.:8080/x",
    "https://docs.test",
    "https://u@example.com/",
  ])
    assert.ok(fetches(lists, url), url);
  for (const url of ["https://badexample.com/", "https://example.com.evil.test/", "https://example.com@evil.test/"])
    assert.ok(!fetches(lists, url), url);
  for (const url of [undefined, null, 7, "", "example.com", "file:///etc/passwd", "https://"])
    assert.ok(!fetches(lists, url), String(url));
});

test("a fetch keeps away from the blocked domains and their subdomains", () => {
  const lists = { blocked_domains: ["example.com"] };
  assert.ok(fetches(lists, "https://example.org/"));
  assert.ok(!fetches(lists, "https://www.example.com/"));
  assert.ok(!fetches(lists, "not an address"));
});

test("a search names domains within what is allowed", () => {
  const lists = { allowed_domains: ["example.com"] };
  assert.ok(searches(lists, { allowed_domains: ["example.com", "docs.example.com"] }));
  for (const input of [
    {},
    { allowed_domains: [] },
    { allowed_domains: ["example.com", "a.test"] },
    { allowed_domains: "x" },
  ])
    assert.ok(!searches(lists, input), JSON.stringify(input));
});

test("a search leaves out what is blocked, or names others alone", () => {
  const lists = { blocked_domains: ["example.com"] };
  assert.ok(searches(lists, { blocked_domains: ["a.test", "example.com"] }));
  assert.ok(searches(lists, { allowed_domains: ["a.test"] }));
  for (const input of [
    {},
    { blocked_domains: ["a.test"] },
    { allowed_domains: ["com"] },
    { allowed_domains: ["x.example.com"] },
  ])
    assert.ok(!searches(lists, input), JSON.stringify(input));
});
