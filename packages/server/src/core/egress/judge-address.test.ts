import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { judgeAddress, type AddressKind } from "./judge-address.ts";

const cases: Partial<Record<AddressKind, readonly string[]>> = {
  public: [
    "1.1.1.1",
    "8.8.8.8",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "2606:4700::1111",
    "2400::1",
  ],
  loopback: ["127.0.0.1", "127.255.255.254", "::1", "[::1]", "0:0:0:0:0:0:0:1"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fdff::1", "fec0::1"],
  shared: ["100.64.0.1", "100.127.255.255"],
  link_local: ["169.254.0.1", "fe80::1", "febf::1"],
  metadata: ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
  reserved: [
    "0.0.0.0",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "2001::1",
    "2001:db8::1",
    "100::1",
    "4000::1",
  ],
  translated: ["::ffff:1.1.1.1", "::ffff:127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::1"],
  unreadable: [
    "",
    "1.1.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "2130706433",
    "127.1",
    "1.1.1.256",
    "1.1.1.01",
    " 1.1.1.1",
    "1.1.1.1.",
    "fe80::1%eth0",
    "::1%lo",
    ":::",
    "1::2::3",
    "g::1",
    "example.com",
    "1.1.1.1\n",
  ],
};

for (const [kind, addresses] of Object.entries(cases)) {
  test(`addresses that are ${kind.replace("_", "-")} are told`, () => {
    for (const address of addresses) assert.equal(judgeAddress(address), kind, address);
  });
}

test("an IPv4 address within an IPv6 address is never public", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      for (const prefix of ["::ffff:", "64:ff9b::", "::"]) assert.notEqual(judgeAddress(prefix + address), "public");
    }),
  );
});

test("any text is judged without a throw, and all spellings of an address alike", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => typeof judgeAddress(text) === "string"));
  fc.assert(fc.property(fc.ipV6(), (address) => judgeAddress(address) === judgeAddress(address.toUpperCase())));
});
