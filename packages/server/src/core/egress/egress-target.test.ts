import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatAuthority, parseAbsoluteForm, parseAuthority } from "./egress-target.ts";

test("a host and a port are read, and written again, in one form", () => {
  assert.deepEqual(parseAuthority("Example.COM.:443"), { host: "example.com", port: 443 });
  assert.deepEqual(parseAuthority("93.184.216.34:80"), { host: "93.184.216.34", port: 80 });
  assert.deepEqual(parseAuthority("[2606:4700:0:0::1111]:443"), { host: "2606:4700::1111", port: 443 });
  assert.deepEqual(parseAuthority("example.com", 80), { host: "example.com", port: 80 });
  assert.equal(formatAuthority({ host: "2606:4700::1111", port: 443 }), "[2606:4700::1111]:443");
  assert.equal(formatAuthority({ host: "example.com", port: 80 }, 80), "example.com");
});

test("what is not exactly one host and one port is none", () => {
  const wrong = [
    "",
    ":443",
    "example.com",
    "example.com:",
    "example.com:0",
    "example.com:65536",
    "example.com:443:443",
    "example.com:0x1bb",
    "example.com:443/",
    "user@example.com:443",
    "http://example.com:443",
    "a b:443",
    "a\r\nb:443",
    "2130706433:80",
    "0x7f000001:80",
    "0177.0.0.1:80",
    "127.1:80",
    "1.2.3:80",
    "0x7f.1:80",
    "a.0x1:80",
    "1.1.1.1.1:80",
    "fe80::1:80",
    "[fe80::1%25eth0]:80",
    "[fe80::1%eth0]:80",
    "[::1:80",
    "::1]:80",
    "[example.com]:443",
    "[]:443",
    "bücher.example:443",
    "*.example.com:443",
    "*:443",
    "example..com:443",
    "-:443",
    `${"a".repeat(300)}:443`,
  ];
  for (const text of wrong) assert.equal(parseAuthority(text), undefined, text);
});

test("an absolute address is a plain one of the web, and no more", () => {
  const read = (url: string) => parseAbsoluteForm(url);
  assert.deepEqual(read("http://example.com"), { target: { host: "example.com", port: 80 }, path: "/" });
  assert.deepEqual(read("HTTP://a.b:8080/x?y=/%20"), { target: { host: "a.b", port: 8080 }, path: "/x?y=/%20" });
  assert.deepEqual(read("http://a.b?x"), { target: { host: "a.b", port: 80 }, path: "/?x" });
  const wrong = [
    "/",
    "*",
    "https://a.b/",
    "ftp://a.b/",
    "//a.b/",
    "http:a.b",
    "http:///a.b",
    "http://u:p@a.b/",
    "http://a.b@c.d/",
    "http://a.b\\@c.d/",
    "http://a.b\\c",
    "http://a.b/#x",
    "http://a.b/ x",
    "http://a.b/\r\nHost: x",
    "http://a.b/é",
  ];
  for (const url of wrong) assert.equal(read(url), undefined, url);
});

test("any text is read without a throw, and a host that is read names nothing else to a URL", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => parseAuthority(text) !== null));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webAuthority(),
        fc.ipV4Extended(),
        fc.ipV6().map((host) => `[${host}]`),
      ),
      (text) => {
        const target = parseAuthority(text, 80);
        if (target === undefined) return;
        assert.equal(new URL(`http://${formatAuthority(target)}/`).hostname.replaceAll(/[[\]]/g, ""), target.host);
      },
    ),
  );
});
