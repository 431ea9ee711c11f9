import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestServer } from "../test-server.ts";
import { pagePolicy } from "./page-files.ts";

const open = { headers: {} };

test("the document and its page are open, and kept by clients until they change", async (t) => {
  const { get } = await startTestServer(t, () => assert.fail("nothing is asked"));
  for (const path of [
    "/openapi.json",
    "/docs",
    "/docs/start.js",
    "/docs/swagger-ui.css",
    "/docs/swagger-ui-bundle.js",
  ]) {
    const first = await get(path, open);
    assert.equal(first.status, 200, path);
    assert.ok((await first.text()).length > 0);
    const etag = first.headers.get("etag") ?? "";
    assert.match(etag, /^"[\da-f]{32}"$/);
    assert.equal(first.headers.get("cache-control"), "no-cache");
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await get(path, { headers: { "if-none-match": known } });
      assert.deepEqual([again.status, await again.text(), again.headers.get("etag")], [304, "", etag]);
    }
    assert.equal((await get(path, { headers: { "if-none-match": '"other"' } })).status, 200);
  }
});

test("the page asks nothing of any other server, and runs nothing that is not a file of this one", async (t) => {
  const { get } = await startTestServer(t, () => assert.fail("nothing is asked"));
  const page = await get("/docs", open);
  const markup = await page.text();
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  assert.equal(page.headers.get("content-security-policy"), pagePolicy);
  assert.doesNotMatch(pagePolicy, /unsafe|https?:|\*/);
  assert.match(pagePolicy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
  // No script and no style stands in the page itself: the policy would not run it.
  assert.doesNotMatch(markup, /<script(?![^>]*\ssrc=)|<style|\son\w+=|style=/);
  const addresses = [...markup.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = ""]) => address);
  assert.ok(addresses.length >= 5);
  for (const address of addresses.filter((each) => each !== "data:,")) {
    assert.doesNotMatch(address, /^(\w+:|\/)/, "it works below any folder");
    const file = await get(new URL(address, "http://page/docs").pathname, open);
    assert.equal(file.status, 200, address);
    assert.equal(file.headers.get("x-content-type-options") ?? "nosniff", "nosniff");
  }
  const styles = await (await get("/docs/swagger-ui.css", open)).text();
  const outside = [...styles.matchAll(/url\(["']?([^"')]{0,40})|@import/g)].filter(
    ([, target = ""]) => !/^data:|^#/.test(target),
  );
  assert.deepEqual(outside, []);
  const script = await (await get("/docs/start.js", open)).text();
  assert.match(script, /validatorUrl: null/);
  assert.match(script, /persistAuthorization: false/);
});

test("no other file is given", async (t) => {
  const { get } = await startTestServer(t, () => assert.fail("nothing is asked"));
  const names = [
    "nothing",
    "index.htm",
    "..%2fpage-files.ts",
    "%2e%2e%2fpage-source.ts",
    "constructor",
    "__proto__",
    "swagger-ui.js",
  ];
  for (const name of names) {
    const answer = await get(`/docs/${name}`, open);
    assert.equal(answer.status, 404, name);
    assert.match(await answer.text(), /"not_found"/);
  }
});
