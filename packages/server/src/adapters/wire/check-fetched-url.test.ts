import { test } from "node:test";
import assert from "node:assert/strict";
import { checkFetchedUrl } from "./check-fetched-url.ts";

test("addresses of public hosts may be fetched", () => {
  for (const url of [
    "https://example.com/a.png",
    "HTTPS://Example.COM:8443/a?b=c#d",
    "https://xn--bcher-kva.example/",
    "https://a.b/c",
    "https://local.example.com/x",
    "https://example.com./x",
  ]) {
    assert.equal(checkFetchedUrl(url), undefined, url);
  }
});

test("an address of a machine is none, however it is written", () => {
  for (const host of ["127.0.0.1", "10.0.0.1", "8.8.8.8", "0x7f.1", "2130706433", "017700000001", "127.1", "[::1]"]) {
    assert.match(checkFetchedUrl(`https://${host}/a`) ?? "", /an address/, host);
  }
  assert.match(checkFetchedUrl("https://[::ffff:169.254.169.254]/") ?? "", /an address/);
});

test("names of a network of one's own are none", () => {
  const names = ["localhost", "LOCALHOST.", "intranet", "a.localhost", "db.internal", "metadata.google.internal"];
  for (const name of [...names, "printer.local", "nas.lan", "router.home.arpa", "x.corp"]) {
    assert.match(checkFetchedUrl(`https://${name}/a`) ?? "", /private network/, name);
  }
});

test("what is no plain https address is refused", () => {
  assert.match(checkFetchedUrl("https://") ?? "", /cannot be parsed/);
  assert.match(checkFetchedUrl("https://a.b/c d") ?? "", /cannot be parsed/);
  assert.match(checkFetchedUrl("https://a.b/\ud800") ?? "", /cannot be parsed/);
  assert.match(checkFetchedUrl("http://a.b/c") ?? "", /scheme http:/);
  assert.match(checkFetchedUrl("https://user:word@example.com/") ?? "", /without a user/);
  assert.match(checkFetchedUrl("https://a..b/") ?? "", /an address or no host/);
});
