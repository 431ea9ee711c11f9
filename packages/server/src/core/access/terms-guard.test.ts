import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { checkPersonalMode, isLoopbackHost, isPersonalMode } from "./terms-guard.ts";

const loopback = [
  "localhost",
  "LocalHost",
  "localhost.",
  "127.0.0.1",
  "127.255.255.255",
  "127.0.0.0",
  "::1",
  "[::1]",
  "0:0:0:0:0:0:0:1",
  "0000:0000::0001",
  "::ffff:127.0.0.1",
  "::FFFF:127.1.2.3",
  "::ffff:7f00:1",
  "[::ffff:127.0.0.1]",
];

const reachable = [
  "",
  "0.0.0.0",
  "::",
  "[::]",
  "::ffff:0.0.0.0",
  "::ffff:128.0.0.1",
  "::ffff:10.0.0.1",
  "::127.0.0.1",
  "::2",
  "fe80::1",
  "10.0.0.1",
  "128.0.0.1",
  "12.7.0.0",
  "127",
  "127.1",
  "127.0.0.1.",
  "127.0.0.256",
  "127.0.0.01",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
  "evil-localhost",
  "my.localhost",
  "127.0.0.1\n",
  " 127.0.0.1",
  "1::1::1",
  "[::1",
  "::1]",
  "::1%eth0",
  "2130706433",
  "0x7f000001",
  ":",
  "x".repeat(10_000_000),
];

test("only addresses of this very machine are loopback, in every spelling", () => {
  for (const host of loopback) assert.ok(isLoopbackHost(host), host);
  for (const host of reachable) assert.ok(!isLoopbackHost(host), host.slice(0, 100));
});

test("all of 127.0.0.0/8 and nothing else of IPv4 is loopback", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(isLoopbackHost(address), address.startsWith("127."));
      assert.equal(isLoopbackHost(`::ffff:${address}`), address.startsWith("127."));
    }),
  );
  fc.assert(fc.property(fc.ipV4(), (address) => isLoopbackHost(address.replace(/^\d+/, "127"))));
});

test("a subscription serves its owner from this machine alone", () => {
  for (const host of loopback) assert.equal(checkPersonalMode({ credentialKind: "subscription", host }), undefined);
  for (const host of reachable) {
    const refusal = checkPersonalMode({ credentialKind: "subscription", host });
    assert.ok(refusal !== undefined && refusal.length < 600);
    assert.match(refusal, /vendor's terms.*ANTHROPIC_API_KEY.*127\.0\.0\.1/);
  }
});

test("an API key and the demo model may listen anywhere", () => {
  for (const credentialKind of ["api-key", "demo"] as const) {
    assert.ok(!isPersonalMode(credentialKind));
    for (const host of [...loopback, ...reachable])
      assert.equal(checkPersonalMode({ credentialKind, host }), undefined);
  }
});
