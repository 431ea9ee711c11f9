import assert from "node:assert/strict";
import { test } from "node:test";
import { checkAddresses } from "./check-addresses.ts";
import { decideEgress, type EgressEntries } from "./decide-egress.ts";

const profileOf = (networkHosts: readonly string[], more: Partial<EgressEntries> = {}): EgressEntries => ({
  networkAccess: true,
  networkMode: "enforce",
  networkHosts: [...networkHosts],
  ...more,
});
const verdictOf = (profile: EgressEntries, host: string, port: number) => {
  const { verdict, named } = decideEgress(profile, { host, port });
  return named ? `${verdict}, named` : verdict;
};

test("an entry is about the ports of the web, or about the one it names", () => {
  const profile = profileOf(["example.com", "*.example.org:8443", "[2606:4700::1]:22", "10.0.0.1:5000"]);
  assert.equal(verdictOf(profile, "example.com", 443), "allowed, named");
  assert.equal(verdictOf(profile, "example.com", 80), "allowed, named");
  assert.equal(verdictOf(profile, "example.com", 22), "refused");
  assert.equal(verdictOf(profile, "a.example.org", 8443), "allowed, named");
  assert.equal(verdictOf(profile, "a.example.org", 443), "refused");
  assert.equal(verdictOf(profile, "example.org", 8443), "refused");
  assert.equal(verdictOf(profile, "2606:4700::1", 22), "allowed, named");
  assert.equal(verdictOf(profile, "10.0.0.1", 5000), "allowed, named");
});

test("an entry for all hosts names none", () => {
  assert.equal(verdictOf(profileOf(["*"]), "example.com", 443), "allowed");
  assert.equal(verdictOf(profileOf(["*"]), "example.com", 8080), "refused");
  assert.equal(verdictOf(profileOf(["*:8080"]), "example.com", 8080), "allowed");
  assert.equal(verdictOf(profileOf(["*", "example.com"]), "example.com", 443), "allowed, named");
});

test("a profile that counts lets through and tells, one without a network does not", () => {
  assert.equal(verdictOf(profileOf(["a.b"], { networkMode: "count" }), "c.d", 25), "would_refuse");
  assert.equal(verdictOf(profileOf(["a.b"], { networkMode: "count" }), "a.b", 443), "allowed, named");
  assert.equal(verdictOf(profileOf(["*"], { networkMode: "count", networkAccess: false }), "a.b", 443), "refused");
});

test("of a host's addresses the public ones are left, others only where the host is opened by name", () => {
  const target = { host: "git.example", port: 443 };
  const check = (addresses: readonly string[], privateHosts: readonly string[] = []) => {
    const verdict = checkAddresses(target, addresses, privateHosts);
    return "refusal" in verdict ? verdict.kind : verdict.addresses;
  };
  assert.deepEqual(check(["10.0.0.1", "1.1.1.1"]), ["1.1.1.1"]);
  assert.equal(check(["10.0.0.1"]), "private");
  assert.equal(check([]), "unreadable");
  assert.deepEqual(check(["10.0.0.1", "::1"], ["*.example", "git.example"]), ["10.0.0.1", "::1"]);
  assert.equal(check(["10.0.0.1"], ["git.example:8443", "other.example"]), "private");
  assert.equal(check(["169.254.169.254"], ["*"]), "metadata");
  assert.equal(check(["::ffff:169.254.169.254"], ["*"]), "translated");
});
