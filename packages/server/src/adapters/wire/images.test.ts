import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  createGif,
  createJpeg,
  createPng,
  toDataUrl,
  webpSamples,
} from "../../../../../test/fixtures/openai-chat/sample-images.ts";
import { parseImageUrl } from "./images.ts";

function problemOf(url: string): string {
  const parsed = parseImageUrl(url);
  return parsed.ok ? "none" : parsed.problem;
}

test("the bytes decide on the media type, whatever was declared", () => {
  const cases: readonly [Buffer, string][] = [
    [createPng(3, 2), "image/png"],
    [createJpeg(3, 2), "image/jpeg"],
    [createJpeg(3, 2, 0xc2), "image/jpeg"],
    [createGif(3, 2), "image/gif"],
    [webpSamples.lossy, "image/webp"],
    [webpSamples.lossless, "image/webp"],
    [webpSamples.extended, "image/webp"],
  ];
  for (const [bytes, mediaType] of cases) {
    const data = bytes.toString("base64");
    const expected = { ok: true, source: { type: "base64", mediaType, data }, resized: false };
    for (const declared of ["image/png", "image/jpeg", "application/octet-stream", "", "image/png;charset=utf-8"]) {
      assert.deepEqual(parseImageUrl(`data:${declared};base64,${data}`), expected);
    }
    assert.deepEqual(parseImageUrl(data), expected, "bare base64");
  }
});

test("base64 that was wrapped into lines is taken", () => {
  const data = createPng(3, 2).toString("base64");
  const wrapped = data.replace(/.{20}/g, "$&\r\n");
  assert.deepEqual(parseImageUrl(`DATA:image/png;BASE64,${wrapped}`), parseImageUrl(data));
});

test("https addresses are passed on as they are written", () => {
  for (const url of ["https://example.com/a.png", "HTTPS://example.com/a?b=c#d"]) {
    assert.deepEqual(parseImageUrl(url), { ok: true, source: { type: "url", url }, resized: false });
  }
});

test("addresses that cannot be used are refused with what came", () => {
  assert.match(problemOf("http://example.com/a.png"), /got the scheme http:/);
  assert.match(problemOf("file:///etc/passwd"), /got the scheme file:/);
  assert.match(problemOf("ftp:x"), /got the scheme ftp:/);
  assert.match(problemOf("/etc/passwd"), /not valid base64/);
  assert.match(problemOf("https://"), /cannot be parsed/);
  assert.match(problemOf("https://exa mple.com/"), /white space/);
  assert.match(problemOf("https://example.com/\ud800"), /cannot be parsed/);
  assert.match(problemOf("data:image/png,abc"), /not declared as base64/);
  assert.match(problemOf(`data:${"x".repeat(1000)};base64,AAAA`), /not declared as base64/);
  assert.match(problemOf(""), /got nothing/);
  assert.match(problemOf("data:image/png;base64,"), /got nothing/);
});

test("text that is not base64 is refused", () => {
  const data = createPng(3, 2).toString("base64");
  for (const broken of [
    `${data}=`,
    data.slice(0, -1),
    data.replace("I", "%"),
    `${data.slice(0, 40)}-_${data.slice(42)}`,
  ]) {
    assert.match(problemOf(`data:image/png;base64,${broken}`), /not valid base64/);
  }
});

test("an image cut off anywhere is refused", () => {
  const whole = [createPng(3, 2, 40), createJpeg(3, 2), webpSamples.lossy, webpSamples.lossless, webpSamples.extended];
  for (const bytes of whole) {
    for (let length = 1; length < bytes.length; length += 1) {
      assert.notEqual(problemOf(bytes.subarray(0, length).toString("base64")), "none", `${length} of ${bytes.length}`);
    }
  }
});

test("a GIF needs no trailer but its header", () => {
  const gif = createGif(3, 2);
  assert.equal(problemOf(gif.subarray(0, -1).toString("base64")), "none");
  assert.match(problemOf(gif.subarray(0, 10).toString("base64")), /whole GIF/);
});

test("broken headers are refused", () => {
  const damaged = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 0xff;
    return copy.toString("base64");
  };
  assert.match(problemOf(damaged(createPng(3, 2), 18)), /whole PNG image/, "the checksum does not fit the size");
  assert.match(problemOf(damaged(createPng(3, 2), 12)), /whole PNG image/, "IHDR is not first");
  assert.match(problemOf(damaged(createPng(3, 2), 37)), /whole PNG image/, "there is no image data");
  assert.match(problemOf(createPng(0, 2).toString("base64")), /whole PNG image/);
  assert.match(problemOf(createJpeg(3, 0).toString("base64")), /whole JPEG image/);
  assert.match(problemOf(createJpeg(3, 2, 0xc8).toString("base64")), /whole JPEG image/, "no frame header");
  assert.match(problemOf(damaged(webpSamples.lossy, 23)), /whole WebP image/);
  assert.match(problemOf(damaged(webpSamples.lossless, 20)), /whole WebP image/);
  assert.match(problemOf(damaged(webpSamples.extended, 12)), /whole WebP image/);
  assert.match(problemOf(Buffer.from("%PDF-1.7 some document").toString("base64")), /bytes of another kind/);
});

test("sides above 2000 px are marked, above 8000 px refused with the figures", () => {
  const resizedOf = (url: string) => {
    const parsed = parseImageUrl(url);
    return parsed.ok ? parsed.resized : parsed.problem;
  };
  assert.equal(resizedOf(toDataUrl(createPng(2000, 1500))), false);
  assert.equal(resizedOf(toDataUrl(createPng(2000, 2000))), true);
  assert.equal(resizedOf(toDataUrl(createPng(2001, 1))), true);
  assert.equal(resizedOf(toDataUrl(createPng(1, 8000))), true);
  assert.match(problemOf(toDataUrl(createPng(1, 8001))), /at most 8000 px on a side, got an image of 1 x 8001 px/);
  assert.match(problemOf(toDataUrl(createPng(0xffffffff, 1))), /4294967295 x 1 px/);
});

test("more than 5 MB of data is refused with the figures, exactly at the limit", () => {
  const overhead = createPng(1, 1).length;
  const limit = 5 * 1024 * 1024;
  for (const spare of [0, 1, 2]) assert.equal(problemOf(toDataUrl(createPng(1, 1, limit - overhead - spare))), "none");
  for (const excess of [1, 2, 3]) {
    const problem = problemOf(toDataUrl(createPng(1, 1, limit - overhead + excess)));
    assert.match(problem, /at most 5242880 bytes \(5 MB\) of image data, got 52428\d\d/);
  }
});

test("no bytes behind a known signature make the reader throw", () => {
  const signatures = [
    "89504e470d0a1a0a0000000d49484452",
    "ffd8ff",
    "474946383961",
    "52494646000000005745425056503820",
    "",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...signatures), fc.uint8Array({ maxLength: 80 }), (signature, tail) => {
      const bytes = Buffer.concat([Buffer.from(signature, "hex"), tail]);
      assert.equal(typeof parseImageUrl(bytes.toString("base64")).ok, "boolean");
    }),
  );
});
